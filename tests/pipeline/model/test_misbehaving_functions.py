"""Whatever a user's function does costs its own element at most, and the message says which function did it.

Where one process runs all (``sequential``, ``threaded``, ``asyncio``), a function that ends the process ends the run: such kinds are
run in worker processes only.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen

import misbehaving_functions as m
from command import anagram
from pipeline_optimization import Pipeline, run
from pipeline_optimization.errors import OptionError
from similar_cases import some

VALUES = range(10, 16)
IN_PROCESS = ("sequential", "threaded", "asyncio")
IN_WORKERS = ("multiprocess", "hedged")
ALL = (*IN_PROCESS, *IN_WORKERS)
OPTIONS: dict[str, dict[str, object]] = {
    "multiprocess": {"workers": 2},
    "threaded": {"workers": 4},
    "hedged": {"inner": "multiprocess", "inner_options": "workers=2"},
}


@frozen
class Kind:
    """The error of the element at which the function misbehaves (empty: none), words of its message, and who survives it."""

    name: str
    error: str = ""
    words: str = ""
    who: tuple[str, ...] = ALL


KINDS = (
    Kind("raises", "ValueError", "thirteen"),
    Kind("raises_odd", "misbehaving_functions.Odd", "raised Odd (thirteen), which is no Exception"),
    Kind("exits", "SystemExit", "called sys.exit()"),
    Kind("interrupts", "KeyboardInterrupt", "raised KeyboardInterrupt"),
    Kind("cancels", "asyncio.exceptions.CancelledError", "raised CancelledError"),
    Kind("awaits_and_cancels", "asyncio.exceptions.CancelledError", "raised CancelledError"),
    Kind("awaits_and_exits", "SystemExit", "called sys.exit()"),
    Kind("awaits_and_interrupts", "KeyboardInterrupt", "raised KeyboardInterrupt"),
    Kind("raises_unpicklable", "misbehaving_functions.UnpicklableError", "held"),
    Kind("raises_silently", "misbehaving_functions.SilentError", "its message cannot be shown"),
    Kind("returns_unpicklable", "UnsendableError", "Return plain data"),
    Kind("returns_shy", "UnsendableError", "an object of type Shy"),
    Kind("returns_sleeper", "UnsendableError", "it stays asleep"),
    Kind("hangs", "ItemTimeout", "took longer than its limit of 1 s", who=("multiprocess", "hedged", "threaded")),
    Kind("ends_process", "WorkerLost", "exited with 0", who=IN_WORKERS),
    Kind("kills_process", "WorkerLost", "SIGKILL", who=IN_WORKERS),
    Kind("closes_descriptors", "WorkerLost", "exited with 0", who=IN_WORKERS),
    Kind("prints"),
    Kind("forks"),
    Kind("forks_and_raises"),
    Kind("awaits_and_forks"),
    Kind("leaks_thread"),
    Kind("changes_directory"),
)


@pytest.fixture(autouse=True)
def _tidy() -> Iterator[None]:
    """End the threads that were left behind, and stay where we are."""
    home = os.getcwd()
    m.GO_ON.clear()
    yield
    m.GO_ON.set()
    assert os.getcwd() == home, "a function has moved the whole program"


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
@pytest.mark.parametrize(
    ("kind", "orchestrator"),
    some((pytest.param(kind, name, id=f"{kind.name}-{name}") for kind in KINDS for name in kind.who), every=4),
)
def test_it_costs_its_own_element(kind: Kind, orchestrator: str) -> None:
    """All other elements are in the result; what failed has the error, and the function with its file and line."""
    function, is_whole = getattr(m, kind.name), not kind.error
    report = run(
        Pipeline("p").values(int).map(function).collect(),
        VALUES,
        orchestrator=orchestrator,
        orchestrator_options=OPTIONS.get(orchestrator, {}),
        retry_options={"attempts": 2, "base": 0.0},
    )
    assert report.result == [value for value in VALUES if value != 13 or is_whole]
    assert report.stop is None
    assert [failed.error.type for failed in report.failed_items] == ([] if is_whole else [kind.error])
    for failed in report.failed_items:
        assert kind.words in failed.error.message
        assert f"{kind.name} (" in failed.error.message or f"in {kind.name}" in failed.error.traceback
        assert "misbehaving_functions.py" in failed.error.message + failed.error.traceback
        assert failed.place.startswith("value 4")


PIPELINE = """
import os, sys, threading, time
from pipeline_optimization import Pipeline

def number(line):
    print("printed")
    os.write(1, b"written\\n")
    if line == "13":
        os.chdir("/")
        threading.Thread(target=time.sleep, args=(60,), name="left").start()
        sys.stdout.close()
    return int(line)

pipeline = Pipeline("p").lines().map(number).sum()
"""


@pytest.mark.parametrize("orchestrator", ["sequential", "multiprocess"])
def test_the_command_gives_its_result_and_ends(tmp_path: Path, orchestrator: str) -> None:
    """Whatever functions print is no result, wherever they go the input is found, and threads of theirs do not keep it."""
    (tmp_path / "p.py").write_text(PIPELINE)
    (tmp_path / "numbers.txt").write_text("".join(f"{value}\n" for value in VALUES))
    done = anagram(
        *("run", "--pipeline", "p.py", "numbers.txt", "--orchestrator", orchestrator, "--format", "json"),
        *("--chunk-size", "3"),
        cwd=tmp_path,
    )
    assert (done.returncode, json.loads(done.stdout)["result"]) == (0, sum(VALUES)), done.stderr.decode()
    assert b"printed" in done.stderr
    assert b"written" in done.stderr
    assert (b"left behind: left" in done.stderr) == (orchestrator == "sequential")


def test_a_child_that_comes_back_is_told(capfd: pytest.CaptureFixture[str]) -> None:
    """With the function, its file and its line, and what to do instead."""
    run(Pipeline("p").values(int).map(m.forks).sum(), VALUES)
    os.waitpid(m.CHILDREN[-1], 0)
    assert "misbehaving_functions.py, line" in (said := capfd.readouterr().err)
    assert "forked, and the child came back" in said
    assert "os._exit()" in said


def test_what_no_total_takes_is_lost_alone() -> None:
    """Values of several bundles, too, that cannot be compared with each other: the parent goes on with those that can."""
    values: list[object] = [*range(1500), "text"]
    report = run(Pipeline("p").values(object).map(m.same).top(2), values)
    assert report.result == [1499, 1498]
    assert [(failed.error.type, failed.place) for failed in report.failed_items] == [
        ("TypeError", "value 1,501: 'text'")
    ]


def test_a_broken_end_is_told() -> None:
    """A ``zero`` that raises, and totals that do not merge: nothing could be said of the result, so there is none."""
    with pytest.raises(OptionError, match=r"zero\(\) raised ValueError: nothing to begin with"):
        run(Pipeline("p").values(int).reduce(m.no_zero, m.add, m.add), VALUES)
    with pytest.raises(OptionError, match=r"cannot merge.*ValueError: nothing fits"):
        run(Pipeline("p").values(int).map(m.double).reduce(m.zero, m.add, m.never_merges), VALUES)


def test_what_a_checkpoint_cannot_keep_is_lost_alone(tmp_path: Path) -> None:
    """Whatever its pickle or its repr would do."""
    path = tmp_path / "numbers.txt"
    path.write_text("".join(f"{value}\n" for value in VALUES))
    pipeline: Any = Pipeline("p").lines().map(m.number).map(m.returns_shy).collect()
    report = run(pipeline, path, checkpoint=tmp_path / "checkpoint")
    assert report.result == [value for value in VALUES if value != 13]
    assert "returns_shy (" in report.failed_items[0].error.message
    assert "kept in a checkpoint" in report.failed_items[0].error.message
