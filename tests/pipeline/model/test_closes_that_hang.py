"""Who waits for a resource that does not close is told which one it is, through ``logging``, and what to do."""

from __future__ import annotations

import asyncio
import logging
import re
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import pytest

import resource_functions as functions
from anagram_plugin_multiprocess import pool
from pipeline_optimization import Pipeline, run, task
from pipeline_optimization.engine import late_closing
from pipeline_optimization.pipeline.model import loop_resources

REMEDY = "Let its close end in time, for example with a time limit of its own."


def summed(function: Any, orchestrator: str, **options: object) -> int:
    report = run(
        Pipeline("p").values(int).map(function).sum(),
        range(5),
        orchestrator=orchestrator,
        orchestrator_options=options,
    )
    return int(report.result)


@contextmanager
def slow() -> Iterator[functions.Session]:
    """Take longer to close than the test's limit."""
    yield functions.Session("slow")
    time.sleep(0.3)


@task(using=slow)
def double_slow(number: int, opened: functions.Session) -> int:
    return opened.ask(number)


@asynccontextmanager
async def endless() -> AsyncIterator[functions.Session]:
    """Close only if it is cancelled."""
    yield functions.Session("endless")
    await asyncio.Event().wait()


@task(using=endless)
async def double_endless(number: int, opened: functions.Session) -> int:
    return opened.ask(number)


@pytest.mark.parametrize(("orchestrator", "options"), [("sequential", {}), ("threaded", {"workers": 1})])
def test_where_the_run_waits(
    orchestrator: str, options: dict[str, object], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing can end a close in this process, so the warning says that the run waits for it."""
    monkeypatch.setattr(late_closing, "LATE", 0.05)
    assert summed(double_slow, orchestrator, **options) == 20
    (message,) = messages(caplog)
    assert re.fullmatch(
        rf"The resource slow \({re.escape(__file__)}, line \d+\) has not closed within 0\.05 s, and the run waits for it\. {REMEDY}",
        message,
    )


@pytest.mark.parametrize("orchestrator", ["asyncio", "sequential"])
def test_what_is_cancelled(
    orchestrator: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """In an event loop the close is cancelled, and the run ends."""
    monkeypatch.setattr(loop_resources, "PATIENCE", 0.05)
    assert summed(double_endless, orchestrator) == 20
    (message,) = messages(caplog)
    assert re.fullmatch(
        rf"The resource endless \({re.escape(__file__)}, line \d+\) has not closed within 0\.05 s, so its close was cancelled\. {REMEDY}",
        message,
    )


@pytest.mark.parametrize("name", ["double_endless", "double_async_endless"])
def test_whose_worker_is_killed(name: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """A worker process tells its parent what it closes, and the parent says why it killed the process."""
    monkeypatch.setattr(pool, "STOP_PATIENCE", 1.0)
    assert summed(getattr(functions, name), "multiprocess", workers=1) == 20
    (message,) = messages(caplog)
    resource = "endless" if name == "double_endless" else "async_endless"
    assert re.fullmatch(
        rf"The resource {resource} \(.*resource_functions\.py, line \d+\) has not closed within 1 s, so the worker process \d+ was killed\. {REMEDY}",
        message,
    )


def test_resources_that_close_are_not_named(caplog: pytest.LogCaptureFixture) -> None:
    """Neither where the run closes them, nor in a worker process."""
    for orchestrator in ("sequential", "multiprocess"):
        assert summed(functions.double_quiet, orchestrator) == 20
    assert messages(caplog) == []


def test_a_program_without_handlers_reads_it(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """What no handler takes is on standard error, as for a close that fails."""
    monkeypatch.setattr(late_closing, "LATE", 0.05)
    monkeypatch.setattr(logging.root, "handlers", [])
    assert summed(double_slow, "sequential") == 20
    assert capfd.readouterr().err.count("The resource slow (") == 1
    monkeypatch.delitem(sys.modules, "logging")
    late_closing.warn("Nobody has imported logging.")
    assert capfd.readouterr().err == "Nobody has imported logging.\n"
    assert "logging" not in sys.modules


def messages(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return the warnings of runs."""
    return [one.getMessage() for one in caplog.records if one.name == "pipeline_optimization.run" and one.levelno > 20]
