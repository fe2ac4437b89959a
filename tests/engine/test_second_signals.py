"""Two and three signals at chosen lines: no process is left, whatever is begun or ended at that moment."""

from __future__ import annotations

import multiprocessing
import signal
import sys
import threading
from collections.abc import Collection
from contextlib import suppress
from types import FrameType

import pytest

from pipeline_optimization import count_anagrams
from signals_at_lines import NEVER, strike

DELICATE = (
    "/multiprocessing/",
    "/threading.py",
    "/anagram_plugin_",
    "/builtin/sequential.py",
    "/pipeline_optimization/engine/",
    "signal_mask.py",
)
"""Parts of the names of files whose lines are counted."""

PATIENCE = 10.0
ORCHESTRATORS = ["sequential", "threaded", "asyncio", "multiprocess", "hedged"]


def opens(frame: FrameType) -> bool:
    """Return whether a call opens an orchestrator."""
    name = frame.f_code.co_filename
    return frame.f_code.co_name == "open" and ("anagram_plugin" in name or "sequential" in name)


def count(orchestrator: str) -> int:
    return count_anagrams("cat dog act", chunk_size=4, orchestrator=orchestrator).words


def left_behind(before: Collection[int | None]) -> list[str]:
    """Return the names of the processes and threads of runs that live on, and end the processes.

    Threads with a number in ``before`` are not told: they are of others. A thread may have a moment to end by itself: a signal
    may strike between its start and the join that waits for it. One that a signal kept from being started has no number, and Python
    goes on listing it; there is nothing of it that could be left behind.
    """
    workers = multiprocessing.active_children()
    for worker in workers:
        worker.kill()
        worker.join()
    threads = [one for one in threading.enumerate() if one.name.startswith("anagram") and one.ident not in before]
    for thread in threads:
        with suppress(RuntimeError):  # it was never started
            thread.join(PATIENCE)
    return [worker.name for worker in workers] + [thread.name for thread in threads if thread.is_alive()]


def threads_now() -> Collection[int | None]:
    return {thread.ident for thread in threading.enumerate()}


def check(orchestrator: str, strikes: int, later: tuple[int, ...], number: int = signal.SIGINT) -> None:
    with strike(NEVER, files=DELICATE, begins=opens) as lines:
        assert count(orchestrator) == 3
    assert lines() > 0
    before = threads_now()
    ended = 0
    for line in range(1, lines() + 1, max(1, lines() // strikes)):
        with strike(line, *later, files=DELICATE, begins=opens, number=number):
            try:
                assert count(orchestrator) == 3
            except (KeyboardInterrupt, SystemExit):
                ended += 1
        assert left_behind(before) == [], f"struck at line {line} and {later} later"
    assert ended
    assert count(orchestrator) == 3


@pytest.mark.parametrize("orchestrator", ORCHESTRATORS)
@pytest.mark.parametrize(
    "later", [pytest.param((1,), marks=pytest.mark.slow), (7, 2), pytest.param((60, 60), marks=pytest.mark.slow)]
)
def test_more_signals_leave_nothing(orchestrator: str, later: tuple[int, ...]) -> None:
    """Wherever two or three signals strike a run, it ends, nothing of it is left, and the next run is whole."""
    check(orchestrator, 4 if orchestrator == "multiprocess" else 8, later)


@pytest.mark.slow
@pytest.mark.parametrize("orchestrator", ORCHESTRATORS)
@pytest.mark.parametrize("later", [(1,), (2,), (17,), (7, 2), (60, 60), (300, 20, 1)])
def test_more_signals_nearly_everywhere_leave_nothing(orchestrator: str, later: tuple[int, ...]) -> None:
    """The same at many more lines."""
    check(orchestrator, 60, later)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # Python swallows what strikes a __del__
def test_a_handler_that_raises_leaves_nothing() -> None:
    """A program's own handler, which raises at once and wherever that is, costs no process its parent's memory of it."""

    def leave(signum: int, frame: FrameType | None) -> None:
        sys.exit(3)

    before = signal.signal(signal.SIGTERM, leave)
    try:
        check("multiprocess", 12, (), signal.SIGTERM)
        check("multiprocess", 5, (9,), signal.SIGTERM)
    finally:
        signal.signal(signal.SIGTERM, before)
