"""The memory of results across runs, ``@task(cache=...)``: what is remembered, for how long, and what damage costs."""

from __future__ import annotations

import linecache
import os
import re
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import pytest

import cached_functions as functions
from command import anagram
from pipeline_optimization import Limits, Pipeline, PipelineReport, run, task
from pipeline_optimization.engine.faults import TASK_SERVER, FaultPlan
from pipeline_optimization.errors import OptionError
from pipeline_optimization.file_module import FileModule
from pipeline_optimization.pipeline.model.result_file import ResultFile
from similar_cases import some
from task_server_thread import serving

LOCAL: dict[str, dict[str, object]] = {
    "sequential": {},
    "threaded": {"workers": 3},
    "asyncio": {},
    "multiprocess": {"workers": 2, "start": "spawn"},
}
ON_EACH = pytest.mark.parametrize("orchestrator", LOCAL)
NUMBERS = list(range(20))
SQUARES = [number * number for number in NUMBERS]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache directory of the test's own, which workers that are spawned know, too."""
    home = tmp_path / "cache"
    monkeypatch.setenv("ANAGRAM_CACHE_DIR", str(home))
    return home


def calls(home: Path) -> int:
    path = home.parent / "calls"
    return path.stat().st_size if path.exists() else 0


def only_file(home: Path) -> Path:
    (file,) = home.glob("results-*.sqlite")
    return file


def mapped(function: Callable[..., Any], orchestrator: str = "sequential", **options: Any) -> PipelineReport[list[Any]]:
    pipeline = Pipeline("p").values(int).map(function).collect()
    return run(pipeline, NUMBERS, orchestrator=orchestrator, orchestrator_options=LOCAL[orchestrator], **options)


@pytest.mark.parametrize(("orchestrator", "name"), some(product(LOCAL, ["square", "square_async"]), every=3))
def test_results_are_remembered(name: str, orchestrator: str, home: Path) -> None:
    """A second run calls nothing, has the same result and ledger, and says how many results were remembered."""
    first = mapped(getattr(functions, name), orchestrator)
    assert (first.result, first.cache_hits, calls(home)) == (SQUARES, {}, 20)
    second = mapped(getattr(functions, name), orchestrator)
    assert (second.result, second.cache_hits, calls(home)) == (SQUARES, {name: 20}, 20)
    assert second.ledger_digest == first.ledger_digest
    assert second.to_dict()["cache_hits"] == {name: 20}


def test_all_kinds_of_steps(home: Path) -> None:
    """What a generator yields is remembered as a list, with the types of its parts; a filter's answer as one."""
    pipeline = Pipeline("p").values(int).filter(functions.is_odd).flat_map(functions.parts).collect()
    first, second = run(pipeline, NUMBERS), run(pipeline, NUMBERS)
    assert second.result == first.result == [(which, n) for n in NUMBERS[1::2] for which in ("first", "second")]
    assert second.cache_hits == {"is_odd": 20, "parts": 10}
    assert calls(home) == 30


def test_failures_are_not_remembered(home: Path) -> None:
    """An element that failed is tried again by the next run, and only that."""
    for number in (20, 21):
        report = mapped(functions.failing, retry_options={"attempts": 1})
        assert [failed.error.type for failed in report.failed_items] == ["ValueError"]
        assert calls(home) == number


MODULE = """
from pipeline_optimization import Pipeline, task

FACTOR = {factor}

def times(number):
    return number * FACTOR

@task(cache="1MB")
def scaled(line: str) -> int:
    return times(int(line)){more}

pipeline = Pipeline("p").lines().map(scaled).sum()
"""


def test_changed_code_is_called_again(home: Path, tmp_path: Path) -> None:
    """Results of a function are forgotten when it changes, or what it uses in its file; and known again when that is undone."""
    found: list[tuple[int, int]] = []
    for number, (factor, more) in enumerate([(2, ""), (2, ""), (3, ""), (2, " + 1"), (2, "")]):
        # Each in a place of its own, which does not matter.
        path = tmp_path / f"{number}.py"
        path.write_text(MODULE.format(factor=factor, more=more))
        sys.modules.pop("scaling", None)
        report = run(FileModule("scaling", str(path), path.read_bytes()).restore().pipeline, "1\n2\n3")
        found.append((report.result, report.cache_hits.get("scaled", 0)))
    assert found == [(12, 0), (12, 3), (18, 0), (15, 0), (12, 3)]


def test_the_command_says_it(home: Path, tmp_path: Path) -> None:
    """Its table says how much was remembered."""
    (tmp_path / "scaling.py").write_text(MODULE.format(factor=2, more=""))
    (tmp_path / "numbers.txt").write_text("1\n2\n3\n")
    for words in (False, True):
        done = anagram("run", "--pipeline", "scaling.py", "numbers.txt", cwd=tmp_path)
        assert done.returncode == 0, done.stderr.decode()
        assert ("3 results of scaled" in done.stdout.decode()) == words


def test_given_arguments_are_part_of_the_key(home: Path) -> None:
    """Another argument that is given by name has other results."""

    @task(cache="1MB")
    def times(number: int, *, factor: int = 1) -> int:
        return number * factor

    for factor, hits in ((2, {}), (3, {}), (2, {"times": 20})):
        report = mapped(partial(times, factor=factor))
        assert report.result == [factor * number for number in NUMBERS]
        assert report.cache_hits == hits


def test_nothing_is_remembered_where_it_is_measured(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Under the harness of comparisons each call is made, or its rounds would not do the same."""
    mapped(functions.square)
    with serving(FaultPlan(), tmp_path) as server:
        monkeypatch.setenv(TASK_SERVER, server.address)
        assert mapped(functions.square).cache_hits == {}
    assert calls(home) == 40


def test_functions_that_look_alike(home: Path) -> None:
    """Functions of one line, and those that differ in a default or a variable around them, have results of their own."""
    both: list[Any] = [task(cache="1MB")(lambda number: number + 1), task(cache="1MB")(lambda number: number + 2)]
    defaults: list[Any] = [task(cache="1MB")(lambda number, more=more: number + more) for more in (3, 4)]
    around: list[Any] = [task(cache="1MB")(_adding(more)) for more in (5, 6)]
    for _ in range(2):
        for more, function in enumerate([*both, *defaults, *around], start=1):
            assert mapped(function).result == [number + more for number in NUMBERS]


def _adding(more: int) -> Callable[[int], int]:
    def add(number: int) -> int:
        return number + more

    return add


def test_a_file_that_was_changed_meanwhile(home: Path, tmp_path: Path) -> None:
    """The results of code that runs are not kept as those of the code that the file has by now."""
    path = tmp_path / "edited.py"
    for old, new in (
        ("return times(int(line))", "return times(int(line)) + 1"),
        ("return number", "return 1 + number"),
    ):
        text = MODULE.format(factor=2, more="")
        path.write_text(text)
        module = FileModule(f"edited_{len(new)}", str(path), text.encode()).restore()
        path.write_text(text.replace(old, new))
        linecache.checkcache()
        with pytest.raises(OptionError, match="the file was changed since"):
            run(module.pipeline, "1\n2")


def _locked(number: int, *, lock: object) -> int:
    return number


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (
            partial(task(cache="1MB")(_locked), lock=threading.Lock()),
            "it holds a value that is no plain data",
        ),
        (task(cache="1MB")(eval("lambda number: number")), "what runs is not in its file"),
    ],
)
def test_functions_that_cannot_be_known_again(function: Any, message: str, home: Path) -> None:
    """The run ends before it begins: a wrong result in silence would be worse."""
    with pytest.raises(OptionError, match=message):
        mapped(function)


def test_what_cannot_be_kept(home: Path) -> None:
    """A result or an argument that is no plain data fails its element once, and the message names the function."""
    report = mapped(functions.as_object, limits=Limits(breaker=0))
    assert report.retries == 0
    assert "as_object" in (message := report.failed_items[0].error.message)
    assert "returned something, which cannot be kept in its cache" in message
    pipeline = Pipeline("p").values(Path).map(functions.of_path).collect()
    failed = run(pipeline, [Path("a")]).failed_items[0].error.message
    assert "of_path" in failed
    assert "by which no result can be looked up in its cache" in failed


@pytest.mark.parametrize("cache", ["much", "1kB", 5, ("a", "b", "c"), ("a", 3)])
def test_wrong_sizes(cache: Any) -> None:
    """They are told where the task is made."""
    with pytest.raises(OptionError, match=r"parse.*cache= takes a size"):

        @task(cache=cache)
        def parse(line: str) -> str:
            return line


def test_a_file_of_ones_own(tmp_path: Path, home: Path) -> None:
    """A named file is used, and the directory is made."""
    path = tmp_path / "deep" / "own.cache"

    @task(cache=(path, "1MB"))
    def negated(number: int) -> int:
        return -number

    assert mapped(negated).cache_hits == {}
    assert mapped(negated).cache_hits == {"negated": 20}
    assert path.exists()
    assert not list(home.glob("results-*"))


def test_files_that_cannot_be_used(tmp_path: Path) -> None:
    """A database of another program is left alone, and a place that is none is told before anything runs."""
    foreign = tmp_path / "own.db"
    with closing(sqlite3.connect(foreign)) as database:
        database.execute("CREATE TABLE mine (x)")
        database.commit()
    content = foreign.read_bytes()
    for path, message in (
        (foreign, "a database of another program"),
        (foreign / "x", "cannot be used"),
        (tmp_path, "cannot be used"),
    ):

        @task(cache=(path, "1MB"))
        def same(number: int) -> int:
            return number

        with pytest.raises(OptionError, match=message):
            mapped(same)
    assert foreign.read_bytes() == content


def _garbage(path: Path) -> None:
    path.write_bytes(b"no database " * 1000)


def _cut(path: Path) -> None:
    os.truncate(path, 5000)


def _scribble(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[4096:] = b"\xff" * (len(data) - 4096)
    path.write_bytes(data)


@pytest.mark.parametrize("damage", [_garbage, _cut, _scribble])
def test_damaged_files_begin_anew(damage: Callable[[Path], None], home: Path) -> None:
    """The run is right, a warning says what happened, the old file is kept aside, and the next run remembers again."""
    mapped(functions.square)
    damage(file := only_file(home))
    report = mapped(functions.square)
    assert report.result == SQUARES
    assert report.cache_hits == {}
    assert [re.sub(r"^.* was damaged", "it was damaged", one)[:14] for one in report.warnings] == ["it was damaged"]
    assert file.with_name(f"{file.name}.damaged").exists()
    report = mapped(functions.square)
    assert (report.cache_hits, list(report.warnings)) == ({"square": 20}, [])


def test_a_damaged_value_is_computed_again(home: Path) -> None:
    """A value that is not what was written is found by its checksum, and one that is no value is not used either."""
    mapped(functions.square)
    with closing(sqlite3.connect(only_file(home))) as database:
        database.execute("UPDATE result SET value = X'31' WHERE value = X'313639'")  # 169
        database.commit()
    report = mapped(functions.square)
    assert report.result == SQUARES
    assert report.cache_hits == {"square": 19}


def test_it_is_bounded(home: Path) -> None:
    """The file of a task stays below its size, and remembers all the same."""
    pipeline = Pipeline("p").values(int).map(functions.long_text).collect()
    run(pipeline, range(1000))
    assert only_file(home).stat().st_size <= 1.2 * (64 << 10)
    run(pipeline, [2000])
    assert run(pipeline, [2000]).cache_hits == {"long_text": 1}
    assert calls(home) == 1001


def test_what_was_not_used_for_longest_goes_first(tmp_path: Path) -> None:
    """A full file keeps the last results. One that is too large for it is not kept, and costs no other."""
    file = ResultFile(tmp_path / "file", 64 << 10)
    for number in range(1000):
        file.put(b"%d" % number, b"x" * 1000)
    file.put(b"large", b"x" * (32 << 10))
    kept = [number for number in range(1000) if file.get(b"%d" % number) is not None]
    assert kept == list(range(1000 - len(kept), 1000))
    assert 20 < len(kept) < 64
    assert file.get(b"large") is None
    file.close()


def test_a_cache_that_fails_meanwhile(tmp_path: Path) -> None:
    """What cannot be written is done without, and said once."""
    file = ResultFile(tmp_path / "file", 1 << 20)
    file.check()
    file.put(b"key", b"value")
    with closing(sqlite3.connect(tmp_path / "file", isolation_level=None)) as other:
        file._connected().execute("PRAGMA busy_timeout = 1")
        other.execute("BEGIN IMMEDIATE")
        file.put(b"another", b"value")
        assert file.get(b"key") is None
        other.execute("ROLLBACK")
    assert len(file.problems) == 1
    assert "is not used any more: database is locked" in file.problems[0]
    file.close()


WRITER = """
import sys
from pathlib import Path
from pipeline_optimization.pipeline.model.result_file import ResultFile
file = ResultFile(Path(sys.argv[1]), 1 << 18)
number = int(sys.argv[2])
for index in range(10**9):
    key = b"%d" % (index * number % 997)
    found = file.get(key)
    assert found is None or found == key * 40, found
    file.put(key, key * 40)
    if index == 100:
        print("ready", flush=True)
    if file.problems:
        sys.exit(str(file.problems))
"""


@contextmanager
def _ended(writers: list[subprocess.Popen[bytes]]) -> Iterator[list[subprocess.Popen[bytes]]]:
    try:
        yield writers
    finally:
        for writer in writers:
            writer.kill()
            writer.wait()
            writer.stdout.close()  # type: ignore[union-attr]


def test_many_processes_and_kills(tmp_path: Path) -> None:
    """Processes that write one file at once are killed at any moment, and what is in the file is what was written."""
    path = tmp_path / "file"

    def begin(number: int) -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, "-c", WRITER, str(path), str(number)], stdout=subprocess.PIPE)

    with _ended([begin(number) for number in range(1, 4)]) as writers:
        for number in range(4, 10):
            assert writers[0].stdout is not None
            assert writers[0].stdout.readline() == b"ready\n"
            victim = writers.pop(0)
            victim.send_signal(signal.SIGKILL)
            assert victim.wait() == -signal.SIGKILL
            victim.stdout.close()  # type: ignore[union-attr]
            writers.append(begin(number))
        assert all(writer.poll() is None for writer in writers)
    file = ResultFile(path, 1 << 18)
    kept = [
        key for number in range(997) if (value := file.get(key := b"%d" % number)) is not None and value == key * 40
    ]
    assert kept
    assert not file.problems
    file.close()
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
