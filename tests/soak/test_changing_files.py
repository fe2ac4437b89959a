"""Files that are replaced, written to, cut, grown and removed at random moments while they are counted."""

from __future__ import annotations

import gzip
import os
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from random import Random

import pytest

from pipeline_optimization import Registry, count_anagrams
from pipeline_optimization.api import Countable
from pipeline_optimization.errors import InputError
from pipeline_optimization.sources import UrlSource
from soak_rounds import Bar, Rounds

pytestmark = pytest.mark.soak

RUNS = 200
OLD, NEW = b"cat act \n", b"dog god \n"  # as long as each other
NUMBER = 4000
OLD_WORDS, NEW_WORDS = ("act", "cat", "tac"), ("dog", "god")
ORCHESTRATORS = ("sequential", "threaded", "asyncio", "hedged", "multiprocess")
WEIGHTS = (6, 6, 4, 3, 1)  # processes take longer to start than all the rest
SAID = (
    "changed while it was read",
    "was removed while it was read",
    "cannot be read: No such file",
    "is no regular file",
)

Counts = Mapping[str, int]


def replace(path: Path, whole: bytes) -> bytes:
    other = path.with_name(f"{path.name} other")
    other.write_bytes(whole)
    other.replace(path)
    return whole


def write_over(path: Path, whole: bytes) -> bytes:
    with path.open("r+b", buffering=0) as file:
        file.write(whole)
    return whole


def write_anew(path: Path, whole: bytes) -> bytes:
    path.write_bytes(whole)
    return whole


def keep_the_time(path: Path, whole: bytes) -> bytes:
    facts = path.stat()
    write_over(path, whole)
    os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    return whole


def cut(path: Path, whole: bytes) -> bytes:
    rest = path.read_bytes()[: 9 * 100]
    os.truncate(path, len(rest))
    return rest


def grow(path: Path, whole: bytes) -> bytes:
    before = path.read_bytes()
    with path.open("ab", buffering=0) as file:
        file.write(whole)
    return before + whole


def remove(path: Path, whole: bytes) -> bytes:
    path.unlink()
    return b""


CHANGES = (replace, write_over, write_anew, keep_the_time, cut, grow, remove)
COMPRESSED = (replace, write_anew, remove)  # the others would leave damaged data, which is another error


def counts_of(*texts: bytes) -> Counts:
    old, new = (sum(text.count(line) for text in texts) for line in (OLD, NEW))
    counts = dict.fromkeys(OLD_WORDS, 2 * old) | dict.fromkeys(NEW_WORDS, 2 * new)
    return {word: count for word, count in counts.items() if count}


def at_a_read(random: Random, change: Callable[[], None], monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Change behind a read of that number in this process: exactly the same for the same seed, if one thread reads."""
    number, reads, pread = random.randint(1, 40), Counter[str](), os.pread

    def counted(handle: int, size: int, offset: int) -> bytes:
        data = pread(handle, size, offset)
        reads["all"] += 1
        if reads["all"] == number:
            change()
        return data

    monkeypatch.setattr(os, "pread", counted)
    return lambda: None


def after_a_while(random: Random, change: Callable[[], None], monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Change at a random moment of the run, whatever it does then."""
    timer = threading.Timer(random.uniform(0.0, 0.15), change)
    timer.start()

    def end() -> None:
        timer.cancel()
        timer.join()

    return end


def test_counts_are_of_one_content(rounds: Rounds, bar: Bar, tmp_path: Path) -> None:
    """Right counts of the file before or after the change, or an error that says what happened: never a mixture."""
    registry, runs = Registry.load(), bar(RUNS)
    ends: Counter[str] = Counter()
    for round_, random in enumerate(rounds(runs)):
        directory = tmp_path / str(round_)
        directory.mkdir()
        ends[one_run(random, directory, registry)] += 1
    print(ends)
    assert ends["before"] > runs / 20
    assert ends["error"] > runs / 20


def one_run(random: Random, directory: Path, registry: Registry) -> str:
    kind = random.choice(("file", "file", "files", "gzip", "url", "stream"))
    pack: Callable[[bytes], bytes] = (lambda data: gzip.compress(data, 0)) if kind == "gzip" else bytes
    number = random.randint(1, NUMBER)
    number_of_files = random.choice((20, 100)) if kind == "files" else 1
    old, whole = OLD * number, NEW * number
    paths = [directory / f"{place:03}.txt" for place in range(number_of_files)]
    for path in paths:
        path.write_bytes(pack(old if number_of_files == 1 else old[: 9 * 50]))
    before = [old if number_of_files == 1 else old[: 9 * 50]] * number_of_files
    target = random.randrange(number_of_files)
    change = random.choice(COMPRESSED if kind == "gzip" else CHANGES)
    new = whole if number_of_files == 1 else whole[: len(before[0])]
    states: list[Counts] = [counts_of(*before)]

    def strike() -> None:
        other = [*before[:target], new if change is not grow else before[target] + new, *before[target + 1 :]]
        if change is cut:
            other[target] = before[target][: 9 * 100]
        elif change is remove:
            other[target] = b""
        states.append(counts_of(*other))
        with suppress(FileNotFoundError):
            change(paths[target], pack(new))

    orchestrator = random.choices(ORCHESTRATORS, WEIGHTS)[0]
    moment = random.choice((at_a_read, after_a_while)) if orchestrator != "multiprocess" else after_a_while
    what = f"{kind} {orchestrator} {change.__name__} {moment.__name__}"
    with pytest.MonkeyPatch.context() as monkeypatch, paths[0].open("rb") as stream:
        source: Countable = {"url": [UrlSource(paths[0].as_uri())], "stream": stream, "files": paths}.get(
            kind, paths[0]
        )  # type: ignore[assignment]
        said = ""
        end = moment(random, strike, monkeypatch)
        report = None
        try:
            report = count_anagrams(
                source,
                orchestrator=orchestrator,
                kernel=random.choice(("python", "numba", "auto")),
                chunk_size=random.choice((200, 1000, 5000)),
                registry=registry,
            )
        except InputError as error:
            said = str(error)
        finally:
            end()
    if report is None:
        assert any(expected in said for expected in SAID), (what, said)
        return "error"
    assert report.is_complete, what
    assert report.anagram_counts in states, (what, report.anagram_counts, states)
    return "before" if report.anagram_counts == states[0] else "after"
