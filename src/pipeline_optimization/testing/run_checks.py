"""Checks of orchestrators in whole runs, compared with the sequential reference."""

from __future__ import annotations

import os
import signal
import tempfile
import threading
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from pipeline_optimization.errors import RunInterrupted
from pipeline_optimization.pipeline.model.report import PipelineReport
from pipeline_optimization.plural import counted
from pipeline_optimization.testing.attempt_checks import BASICS, FOR_EVER, OrchestratorSubject
from pipeline_optimization.testing.checks import Check, CheckFailedError, CheckSkippedError, require
from pipeline_optimization.testing.drive import Drive
from pipeline_optimization.testing.leftovers import nothing_more
from pipeline_optimization.testing.pipelines import SQUARES, TEXT, TOTAL
from pipeline_optimization.testing.runs import EventLog, heavy, run_kit, seeded_texts, watched
from pipeline_optimization.types import ItemFinished, RunFinished, RunStarted, TaskFailed, TaskRetried

__all__ = ["RUN_CHECKS"]

NINE = {("odd", 9): 1}
"""The result for the text "3"."""

HELD = 6
"""Attempts that make workers hold something. Usually several workers do one each."""

Counts = dict[tuple[str, int], int]


def one_element(subject: OrchestratorSubject) -> None:
    """The simplest input has the simplest result."""
    found = run_kit(SQUARES, "3", watched(subject)).result
    require(found == NINE, f"The square of 3 was counted as {found}.")


def empty_input(subject: OrchestratorSubject) -> None:
    """An empty input has no items and no result, and the run ends."""
    report = run_kit(SQUARES, "", watched(subject))
    require(report.is_complete and not report.result, f"An empty text gave {report.result}.")


def repeated_elements(subject: OrchestratorSubject) -> None:
    """Every occurrence counts, in any part of the input."""
    found = run_kit(SQUARES, "3\n" * 50, watched(subject), chunk_size=7).result.get(("odd", 9))
    require(found == 50, f"A number that occurs 50 times was counted {counted(found or 0, 'time')}.")


def equals_the_reference(subject: OrchestratorSubject) -> None:
    """Many texts in small parts give the results of the sequential orchestrator."""
    orchestrator = watched(subject)
    for text in seeded_texts(5):
        expected, found = run_kit(SQUARES, text).result, run_kit(SQUARES, text, orchestrator, chunk_size=16).result
        require(found == expected, f"{text!r} gave {found}, not {expected}.")


def failures_are_survived(subject: OrchestratorSubject) -> None:
    """If many attempts fail, and enough may be made, result and ledger equal the reference's."""
    report = _compare_under_faults(subject, attempts=50)
    require(report.is_complete, "Items failed for good, though 50 attempts are enough.")


def failures_for_good(subject: OrchestratorSubject) -> None:
    """With too few attempts the same items fail for good as in the reference, and the report says so."""
    report = _compare_under_faults(subject, attempts=1)
    require(not report.is_complete, "The report says that it is complete.")


def _compare_under_faults(subject: OrchestratorSubject, *, attempts: int) -> PipelineReport[Counts]:
    report, reference = (run_kit(SQUARES, TEXT, one, **heavy(attempts)) for one in (watched(subject), None))
    for what in ("result", "failures", "attempts", "ledger_digest"):
        found, expected = getattr(report, what), getattr(reference, what)
        require(found == expected, f"{what} is {found!r}, and {expected!r} in the reference.")
    for what in ("ledger_entries", "stale_completions"):
        found, expected = getattr(report.summary, what), getattr(reference.summary, what)
        require(found == expected, f"{what} is {found!r}, and {expected!r} in the reference.")
    return report


def events(subject: OrchestratorSubject) -> None:
    """Observers are told of the run's start first, of each item's end once, of a failure before its retry, and of the run's end last."""
    log = EventLog()
    report = run_kit(SQUARES, TEXT, watched(subject), registry=log.registry(), **heavy(50))
    require(isinstance(log.events[0], RunStarted), f"The first event is {log.events[0]!r}.")
    require(isinstance(log.events[-1], RunFinished), f"The last event is {log.events[-1]!r}.")
    ends = Counter(event.item for event in log.events if isinstance(event, ItemFinished))
    require(set(ends.values()) == {1}, f"Items ended more than once: {[item for item, n in ends.items() if n > 1]}.")
    failures = sum(isinstance(event, TaskFailed) for event in log.events)
    retries = sum(isinstance(event, TaskRetried) for event in log.events)
    require(
        failures == retries == report.retries, f"{failures} failures, {retries} retries, reported {report.retries}."
    )


def second_run(subject: OrchestratorSubject) -> None:
    """The same object runs again after it was closed, and nothing of its first run is left."""
    orchestrator = watched(subject)
    first, second = run_kit(SQUARES, "3", orchestrator), run_kit(TOTAL, TEXT, orchestrator, chunk_size=16)
    require(first.result == NINE, f"The first run gave {first.result}.")
    expected = sum(map(int, TEXT.split()))
    require(second.result == expected, f"The second run, another pipeline's, gave {second.result}, not {expected}.")


def close_is_idempotent(subject: OrchestratorSubject) -> None:
    """Closing twice, or before opening, does nothing."""
    orchestrator = watched(subject)
    orchestrator.close(force=False)
    run_kit(SQUARES, "3", orchestrator)
    orchestrator.close(force=True)
    orchestrator.close(force=False)


def nothing_is_left_behind(subject: OrchestratorSubject) -> None:
    """After a run there are no more threads, child processes and descriptors than before it."""
    run_kit(SQUARES, "3", watched(subject))  # the first run may start helpers that serve all later ones
    with nothing_more():
        run_kit(SQUARES, TEXT, watched(subject), chunk_size=8)


def forced_close(subject: OrchestratorSubject) -> None:
    """``close(force=True)`` ends attempts that would wait for an hour, and leaves nothing behind."""
    with Drive(subject.make(), faults=FOR_EVER) as drive:
        drive.run("echo")
    with nothing_more(), Drive(subject.make(), faults=FOR_EVER) as drive:
        drive.run("echo")
        for _ in range(3):
            drive.submit("wait")
        if not subject.capabilities.runs_in_caller:
            drive.poll(0.1)


class _CtrlC(EventLog):
    """Presses Ctrl-C once, when the third item is finished."""

    is_pressed = False

    def react(self, event: ItemFinished) -> None:
        if not self.is_pressed and sum(isinstance(one, ItemFinished) for one in self.events) == 3:
            self.is_pressed = True
            signal.raise_signal(signal.SIGINT)


def interruption(subject: OrchestratorSubject) -> None:
    """Ctrl-C ends a run with a partial report, leaves nothing behind, and the next run is complete."""
    if threading.current_thread() is not threading.main_thread():
        raise CheckSkippedError("signals reach only the main thread, and the check runs in another one")
    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        raise CheckSkippedError("this program handles SIGINT in its own way")
    run_kit(SQUARES, "3", watched(subject))
    orchestrator, log = watched(subject), _CtrlC()
    with nothing_more():
        try:
            run_kit(SQUARES, TEXT * 20, orchestrator, registry=log.registry(), chunk_size=8)
        except RunInterrupted:
            pass
        else:
            raise CheckFailedError("The run went on after Ctrl-C as if nothing had happened.")
    require(isinstance(log.events[-1], RunFinished), "Observers were not told of the run's end.")
    require(run_kit(SQUARES, "3", orchestrator).result == NINE, "The run after that is wrong.")


class _CtrlCForWorkers(EventLog):
    """Sends the first worker that finishes an item the signal of Ctrl-C."""

    pid = 0

    def react(self, event: ItemFinished) -> None:
        if not self.pid and event.worker.isdecimal():
            self.pid = int(event.worker)
            os.kill(self.pid, signal.SIGINT)


def workers_ignore_ctrl_c(subject: OrchestratorSubject) -> None:
    """The parent handles Ctrl-C. A worker process that gets the signal goes on."""
    if subject.capabilities.isolation != "process":
        raise CheckSkippedError("its workers are not processes of this machine")
    log = _CtrlCForWorkers()
    report = run_kit(SQUARES, TEXT * 5, watched(subject), registry=log.registry(), chunk_size=16)
    if not log.pid:
        raise CheckSkippedError("its workers are not named by their pids")
    require(report.is_complete and not report.lost, f"Lost to a Ctrl-C: {counted(report.lost, 'attempt')}.")


def workers_are_closed(subject: OrchestratorSubject) -> None:
    """``close`` closes each worker (``Worker.close``), so that connections and files of its stages are closed."""
    if not subject.capabilities.shared_files:
        raise CheckSkippedError("workers have files of their own")
    orchestrator = subject.make()
    with tempfile.TemporaryDirectory() as directory, Drive(orchestrator) as drive:
        drive.finish([drive.submit("hold", os.fsencode(directory)) for _ in range(HELD)])
        orchestrator.close(force=False)
        opened, closed = ({path.stem for path in Path(directory).glob(f"*.{what}")} for what in ("opened", "closed"))
    require(closed == opened, f"It closed {len(closed)} of {counted(len(opened), 'worker')}.")


RUN_CHECKS: Sequence[Check[OrchestratorSubject]] = (
    Check.of(one_element, formerly="cat", after=[*BASICS, "poll_wakes"]),
    Check.of(empty_input, after=["one_element"]),
    Check.of(repeated_elements, formerly="repeated_words", after=["one_element"]),
    Check.of(equals_the_reference, after=["one_element", "second_run"]),
    Check.of(failures_are_survived, after=["one_element"]),
    Check.of(failures_for_good, after=["one_element"]),
    Check.of(events, after=["one_element", "failures_are_survived"]),
    Check.of(second_run, after=["one_element"]),
    Check.of(close_is_idempotent, after=["one_element"]),
    Check.of(nothing_is_left_behind, after=["one_element"]),
    Check.of(workers_are_closed, after=["nothing_is_left_behind", "close_is_idempotent"]),
    Check.of(forced_close, after=["nothing_is_left_behind", "submit_does_not_wait"]),
    Check.of(interruption, after=["second_run", "forced_close", "close_is_idempotent"], sends_signals=True),
    Check.of(workers_ignore_ctrl_c, after=["one_element"], sends_signals=True),
)
