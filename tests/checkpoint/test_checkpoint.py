"""Checkpoints: a run goes on after any death, counts exactly, and refuses to go on with another run."""

from __future__ import annotations

import errno
import math
import os
import re
import sqlite3
import subprocess
from contextlib import closing
from itertools import product
from pathlib import Path

import pytest

from command import anagram, refused_here, run_json
from pipeline_optimization import Registry, RunReport, count_anagrams
from pipeline_optimization.anagrams.stages import COUNT_RANGES
from pipeline_optimization.errors import CheckpointError, RunInterrupted
from pipeline_optimization.hookspecs import hookimpl
from pipeline_optimization.pipeline import run_checkpoint
from pipeline_optimization.pipeline.run import Progress
from pipeline_optimization.types import CheckpointSaved
from similar_cases import some

ORCHESTRATORS = ["sequential", "threaded", "asyncio", "multiprocess"]
TEXT = "The cat's act: stop, spot, post! Tea-pot 3 dogs god. " * 400
CHUNK = 100


def test_a_file_system_without_locks_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite calls that "locked", as it does another run's checkpoint; no other run can be waited for."""
    fcntl = pytest.importorskip("fcntl")

    def fails(file: object, flags: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    path = tmp_path / "c.ck"
    with closing(sqlite3.connect(path)) as database:
        database.execute("BEGIN EXCLUSIVE")  # what SQLite tells is the same
        with pytest.raises(CheckpointError, match="in use by another run"):
            count_anagrams("cat", checkpoint=path)
        monkeypatch.setattr(fcntl, "lockf", fails)
        with pytest.raises(CheckpointError, match=r"has no file locks.* on another file system, such as a local one"):
            count_anagrams("cat", checkpoint=path)


@pytest.fixture
def book(tmp_path: Path) -> Path:
    path = tmp_path / "book.txt"
    path.write_text(TEXT, "utf-8")
    return path


def interrupted_after(items: int, source: Path | str, checkpoint: Path, **options: object) -> RunReport:
    """Run until so many items have ended, then strike Ctrl-C."""

    def strike(progress: Progress) -> None:
        if progress.items >= items:
            raise KeyboardInterrupt

    with pytest.raises(RunInterrupted) as caught:
        count_anagrams(source, checkpoint=checkpoint, on_progress=strike, **options)  # type: ignore[arg-type]
    report = caught.value.report
    assert isinstance(report, RunReport)
    return report


@pytest.mark.parametrize(("items", "orchestrator"), some(product([1, 64, 150], ORCHESTRATORS), every=3))
def test_a_resumed_run_counts_as_one_that_was_never_interrupted(
    orchestrator: str, items: int, book: Path, tmp_path: Path
) -> None:
    """Before and after results were summed up; and no finished item runs again.

    Chunks are so small because an item may have sixteen of them.
    """
    whole = count_anagrams(book, chunk_size=10)
    checkpoint = tmp_path / "run.checkpoint"
    first = interrupted_after(items, book, checkpoint, orchestrator=orchestrator, chunk_size=10)
    report = count_anagrams(book, orchestrator=orchestrator, chunk_size=10, checkpoint=checkpoint, resume=True)
    assert report.anagram_counts == whole.anagram_counts
    assert (report.words, report.bytes_read) == (whole.words, whole.bytes_read)
    assert report.distinct_words == whole.distinct_words
    assert report.resumed_items == first.attempts
    assert report.resumed_items + report.attempts == whole.attempts


@pytest.mark.parametrize("orchestrator", ORCHESTRATORS)
def test_a_run_with_faults_goes_on_where_it_was(orchestrator: str, tmp_path: Path) -> None:
    """The seed comes from the checkpoint, finished words are not found again, and failures are as they were."""
    text, checkpoint = TEXT[:200], tmp_path / "run.checkpoint"
    faults: dict[str, object] = {"faults": "exercise", "latency_scale": 0.0, "chunk_size": CHUNK}
    faults["retry_options"] = {"attempts": 100, "base": 0.0}
    whole = count_anagrams(text, **faults)  # type: ignore[arg-type]
    interrupted_after(7, text, checkpoint, orchestrator=orchestrator, seed=5, **faults)
    report = count_anagrams(
        text,
        orchestrator=orchestrator,
        checkpoint=checkpoint,
        resume=True,
        **faults,  # type: ignore[arg-type]
    )
    assert report.anagram_counts == whole.anagram_counts
    assert report.resumed_items >= 7
    assert report.seed == 5


class Saves:
    """Notes how many items each commit made safe."""

    def __init__(self) -> None:
        self.items: list[int] = []

    @hookimpl
    def anagram_checkpoint_saved(self, event: CheckpointSaved) -> None:
        self.items.append(event.items)


@pytest.mark.parametrize("share", [0.0, math.inf])
def test_commits_take_a_share_of_the_time(
    share: float, book: Path, tmp_path: Path, anagram_registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With no time to spend there are the first commit and the last, with any time one for each item."""
    monkeypatch.setattr(run_checkpoint, "SHARE", share)
    saves = Saves()
    anagram_registry.register(saves, "saves")
    report = count_anagrams(book, chunk_size=CHUNK, checkpoint=tmp_path / "c", registry=anagram_registry)
    assert report.attempts > 5
    assert saves.items == ([1, report.attempts] if share == 0.0 else [*range(1, report.attempts + 1)])


def test_a_finished_run_is_not_run_again(book: Path, tmp_path: Path) -> None:
    """Its checkpoint is its result."""
    checkpoint = tmp_path / "run.checkpoint"
    whole = count_anagrams(book, chunk_size=CHUNK, checkpoint=checkpoint, resume=True)
    again = count_anagrams(book, chunk_size=CHUNK, checkpoint=checkpoint, resume=True)
    assert (again.attempts, again.resumed_items) == (0, whole.attempts)
    assert again.anagram_counts == whole.anagram_counts


def test_finished_ranges_are_not_read_again(book: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither to count them nor to find their ends; only the first bytes are, which tell what the file is."""
    checkpoint = tmp_path / "run.checkpoint"
    whole = count_anagrams(book, chunk_size=CHUNK, checkpoint=checkpoint)
    pread = os.pread

    def read_head(descriptor: int, size: int, start: int) -> bytes:
        assert start + size < CHUNK, "the file was read"
        return pread(descriptor, size, start)

    monkeypatch.setattr(os, "pread", read_head)
    again = count_anagrams(book, chunk_size=CHUNK, checkpoint=checkpoint, resume=True)
    assert again.anagram_counts == whole.anagram_counts


def test_standard_input_is_compared_chunk_by_chunk(tmp_path: Path) -> None:
    """A stream tells nothing of itself before it is read."""
    checkpoint = str(tmp_path / "run.checkpoint")
    data = TEXT.encode()
    arguments = ["-", "--chunk-size", "1000", "--checkpoint", checkpoint, "--resume"]
    first, second = run_json(*arguments, stdin=data), run_json(*arguments, stdin=data)
    assert first["anagram_counts"] == second["anagram_counts"]
    assert (second["attempts"], second["bytes_read"]) == (0, first["bytes_read"])
    done = anagram("run", *arguments, stdin=data.replace(b"dogs", b"cats"))
    assert done.returncode == 2
    assert b"The input has changed since the checkpoint" in done.stderr


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"chunk_size": 99}, "the chunk size was 100, and is 99"),
        ({"tokenizer": "whitespace"}, "the tokenizer was"),
        ({"signature": "primes"}, "the signature was"),
        ({"lexicon": "file"}, "the lexicon was"),
        ({"faults": "exercise"}, "the kind of run was without faults, and is with faults"),
    ],
)
def test_another_run_is_refused(changed: dict[str, object], message: str, book: Path, tmp_path: Path) -> None:
    """Its counts would be a mixture."""
    checkpoint = tmp_path / "run.checkpoint"
    count_anagrams(book, chunk_size=CHUNK, checkpoint=checkpoint)
    options: dict[str, object] = {"chunk_size": CHUNK, "latency_scale": 0.0, **changed}
    if "lexicon" in changed:
        (tmp_path / "words.txt").write_text("cat\n")
        options["lexicon"] = f"file:{tmp_path / 'words.txt'}"
    with pytest.raises(CheckpointError, match=f"is of another run: {message}"):
        count_anagrams(book, checkpoint=checkpoint, resume=True, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("change", ["size", "content"])
def test_a_changed_input_is_refused(change: str, book: Path, tmp_path: Path) -> None:
    """By size, and by samples of its content, whatever its time says."""
    checkpoint = tmp_path / "run.checkpoint"
    count_anagrams(book, chunk_size=CHUNK, checkpoint=checkpoint)
    facts = book.stat()
    if change == "size":
        book.write_text(TEXT + "x", "utf-8")
    else:
        book.write_text(TEXT.replace("cat", "dog"), "utf-8")
    os.utime(book, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    with pytest.raises(CheckpointError, match=r"is of another run: input 1 was .*book\.txt"):
        count_anagrams(book, chunk_size=CHUNK, checkpoint=checkpoint, resume=True)


def test_content_decides_where_all_of_it_is_known(book: Path, tmp_path: Path) -> None:
    """A small file that was only touched is the same input."""
    checkpoint = tmp_path / "run.checkpoint"
    whole = count_anagrams(book, chunk_size=CHUNK, checkpoint=checkpoint)
    os.utime(book, (1, 1))
    again = count_anagrams(book, chunk_size=CHUNK, checkpoint=checkpoint, resume=True)
    assert (again.anagram_counts, again.attempts) == (whole.anagram_counts, 0)


def test_a_large_file_that_was_touched(tmp_path: Path) -> None:
    """It is refused with its times in words and the command that lets the run go on, since it may have changed."""
    big, checkpoint = tmp_path / "big.txt", tmp_path / "run.checkpoint"
    big.write_text("cat dog\n" * 20_000, "utf-8")
    os.utime(big, ns=(0, 1_795_717_643_422_483_707))
    whole = count_anagrams(big, checkpoint=checkpoint)
    os.utime(big, ns=(0, 1_795_717_644_000_000_000))
    with pytest.raises(CheckpointError) as caught:
        count_anagrams(big, checkpoint=checkpoint, resume=True)
    assert str(caught.value) == (
        f"The checkpoint {str(checkpoint)!r} is of another run: the modification time of input 1 ({str(big)!r}) was "
        "2026-11-26 18:27:23.422483707 UTC, and is 2026-11-26 18:27:24.000000000 UTC. If nothing else has changed, set it "
        f"back and go on: touch -d '2026-11-26 18:27:23.422483707 UTC' {big}. Otherwise start anew with another file."
    )
    command = str(caught.value).partition("go on: ")[2].partition(". Otherwise")[0]
    subprocess.run(["sh", "-c", command], check=True)
    assert count_anagrams(big, checkpoint=checkpoint, resume=True).anagram_counts == whole.anagram_counts


def test_an_existing_checkpoint_is_not_overwritten(book: Path, tmp_path: Path) -> None:
    """Who forgets --resume loses nothing."""
    checkpoint = tmp_path / "run.checkpoint"
    count_anagrams(book, checkpoint=checkpoint)
    with pytest.raises(CheckpointError, match=r"exists") as caught:
        count_anagrams(book, checkpoint=checkpoint)
    assert str(caught.value) == (
        f"The checkpoint {str(checkpoint)!r} exists already. Add --resume to go on with its run, or name another file."
    )


@pytest.mark.parametrize(
    "content", [b"cat\n", b"this is a text of mine, and no checkpoint\n" * 100, b"SQLite format 3\0" + b"x" * 4080]
)
def test_what_is_no_checkpoint_is_refused_and_kept(
    content: bytes, book: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A wrong name must not cost a file."""
    other = tmp_path / "mine"
    other.write_bytes(content)
    for arguments in ([], ["--resume"]):
        message = refused_here(["run", str(book), "--checkpoint", str(other), *arguments], tmp_path, capsys)
        assert other.read_bytes() == content
        assert message == f"Error: {str(other)!r} is no checkpoint of a run. Name another file.\n"


def test_another_database_is_refused_and_kept(book: Path, tmp_path: Path) -> None:
    """Not every SQLite file is ours."""
    other = tmp_path / "other.db"
    database = sqlite3.connect(other)
    database.execute("CREATE TABLE mine (x)")
    database.close()
    before = other.read_bytes()
    with pytest.raises(CheckpointError, match="is a database, but no checkpoint"):
        count_anagrams(book, checkpoint=other, resume=True)
    assert other.read_bytes() == before


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE item SET result = zeroblob(12)",
        "UPDATE snapshot SET sum = zeroblob(7)",
        "UPDATE item SET result = 'text'",
        "UPDATE item SET stop = start",
        "UPDATE item SET stop = start - 9",
        "UPDATE item SET stop = start + 1000000",
    ],
)
def test_a_damaged_checkpoint_is_refused(damage: str, book: Path, tmp_path: Path) -> None:
    """Whoever wrote it: it can do no more than fail."""
    checkpoint = tmp_path / "run.checkpoint"
    count_anagrams(book, chunk_size=CHUNK, checkpoint=checkpoint)
    with sqlite3.connect(checkpoint) as database:
        database.execute(damage)
    database.close()
    with pytest.raises(CheckpointError):
        count_anagrams(book, chunk_size=CHUNK, checkpoint=checkpoint, resume=True)


def test_an_item_that_is_not_found_again_is_refused(tmp_path: Path, anagram_registry: Registry) -> None:
    """Else it would be counted once more, beside the sum that has it: a changed name in a table, or in its index."""
    book, checkpoint, bad = tmp_path / "book.txt", tmp_path / "run.checkpoint", tmp_path / "bad.checkpoint"
    book.write_text("cat dog stop " * 50)
    whole = count_anagrams(book, chunk_size=60, checkpoint=checkpoint, registry=anagram_registry)
    content = checkpoint.read_bytes()
    places = [match.start() for match in re.finditer(COUNT_RANGES.encode(), content)]
    assert len(places) == 2 * whole.attempts
    for place in places:
        for further in (0, len(COUNT_RANGES)):  # the task, and the item's own name
            bad.write_bytes(content[: place + further] + b"~" + content[place + further + 1 :])
            with pytest.raises(CheckpointError):
                count_anagrams(book, chunk_size=60, checkpoint=bad, resume=True, registry=anagram_registry)


def test_resume_without_a_checkpoint_says_what_to_do() -> None:
    """It is a mistake of the command line."""
    done = anagram("run", "--text", "cat", "--resume")
    assert done.returncode == 2
    assert b"--checkpoint FILE --resume" in done.stderr


FORMATS = sorted((Path(__file__).parent / "formats").glob("format-*.checkpoint"))


@pytest.mark.parametrize("stored", FORMATS, ids=lambda path: path.stem)
def test_checkpoints_of_every_release_go_on(stored: Path, tmp_path: Path) -> None:
    """One that was written by each format's release, over half done, is still understood."""
    checkpoint = tmp_path / "run.checkpoint"
    checkpoint.write_bytes(stored.read_bytes())
    report = count_anagrams(TEXT, chunk_size=CHUNK, checkpoint=checkpoint, resume=True)
    assert report.resumed_items >= 100
    assert report.anagram_counts == count_anagrams(TEXT, chunk_size=CHUNK).anagram_counts
