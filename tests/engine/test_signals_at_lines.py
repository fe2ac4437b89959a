"""Ctrl-C at the very lines where an orchestrator or the standard library is in the middle of something."""

from __future__ import annotations

import gc
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import pytest

from pipeline_optimization import count_anagrams
from pipeline_optimization.anagrams.report import RunReport
from pipeline_optimization.errors import RunInterrupted

ORCHESTRATORS = ("orchestrator.py", "sequential.py")
DELICATE = ("/asyncio/", "/multiprocessing/", "selectors.py", "socket.py", "threading.py", *ORCHESTRATORS)
"""Parts of the names of files in which an exception at the wrong moment tears something."""

NEVER = sys.maxsize


@contextmanager
def strike(line: int) -> Iterator[Callable[[], int]]:
    """Raise SIGINT at the given one of the delicate lines that run from the orchestrator's ``open`` on; they count."""
    seen, is_open = 0, False

    def trace_lines(frame: FrameType, event: str, arg: object) -> Any:
        nonlocal seen
        if event == "line":
            seen += 1
            if seen == line:
                signal.raise_signal(signal.SIGINT)
        return trace_lines

    def trace_calls(frame: FrameType, event: str, arg: object) -> Any:
        nonlocal is_open
        name = frame.f_code.co_filename
        is_open = is_open or (frame.f_code.co_name == "open" and name.endswith(ORCHESTRATORS))
        return trace_lines if is_open and any(part in name for part in DELICATE) else None

    before = sys.gettrace()
    sys.settrace(trace_calls)
    try:
        yield lambda: seen
    finally:
        sys.settrace(before)


@pytest.mark.parametrize(
    ("orchestrator", "strikes"), [("sequential", 6), ("threaded", 10), ("asyncio", 12), ("multiprocess", 3)]
)
def test_a_signal_tears_nothing(orchestrator: str, strikes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever it strikes, the run is whole or reports what it has, nothing complains, and the next run is whole."""
    check_strikes(orchestrator, strikes, monkeypatch)


@pytest.mark.slow
@pytest.mark.parametrize("orchestrator", ["sequential", "threaded", "asyncio", "multiprocess"])
def test_a_signal_nearly_everywhere_tears_nothing(orchestrator: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same at many more lines."""
    check_strikes(orchestrator, 60 if orchestrator == "multiprocess" else 300, monkeypatch)


def check_strikes(orchestrator: str, strikes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def count() -> int:
        return count_anagrams("cat dog act", chunk_size=4, orchestrator=orchestrator).words

    gc.collect()  # what other tests left behind shall not complain here
    complaints: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", complaints.append)
    with strike(NEVER) as lines:
        assert count() == 3
    partial: list[object] = []
    for line in range(1, lines() + 1, max(1, lines() // strikes)):
        with strike(line):
            try:
                assert count() == 3
            except RunInterrupted as caught:
                partial.append(caught.report)
        gc.collect(0)  # what was torn is young
        assert complaints == [], f"struck at line {line}"
    assert partial
    for report in partial:
        assert isinstance(report, RunReport)
        assert report.is_interrupted
        assert report.words <= 3
    assert count() == 3
