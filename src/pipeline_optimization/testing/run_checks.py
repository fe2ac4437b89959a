"""Checks of orchestrators in whole runs, held against the sequential reference."""

from __future__ import annotations

import os
import signal
import threading
from collections import Counter
from collections.abc import Sequence

from pipeline_optimization.anagrams.report import RunReport
from pipeline_optimization.errors import RunInterrupted
from pipeline_optimization.plural import counted
from pipeline_optimization.testing.attempt_checks import BASICS, FOR_EVER, OrchestratorSubject
from pipeline_optimization.testing.checks import Check, CheckFailedError, CheckSkippedError, require
from pipeline_optimization.testing.drive import Drive
from pipeline_optimization.testing.runs import TEXT, EventLog, count, heavy, seeded_texts, watched
from pipeline_optimization.testing.surroundings import nothing_more
from pipeline_optimization.types import ItemFinished, RunFinished, RunStarted, TaskFailed, TaskRetried

__all__ = ["RUN_CHECKS"]

CAT = {"act": 1, "cat": 1, "tac": 1}


def cat(subject: OrchestratorSubject) -> None:
    """The simplest text has the simplest counts."""
    found = count("cat", watched(subject)).anagram_counts
    require(found == CAT, f"'cat' gave {dict(found)}.")


def empty_input(subject: OrchestratorSubject) -> None:
    """No text, no items, no counts, and a run that ends."""
    report = count("", watched(subject))
    require(report.is_complete and not report.anagram_counts, f"An empty text gave {dict(report.anagram_counts)}.")


def repeated_words(subject: OrchestratorSubject) -> None:
    """Every occurrence counts, in any chunk."""
    found = count("cat " * 50, watched(subject), chunk_size=7).anagram_counts.get("cat")
    require(found == 50, f"A word that stands 50 times was counted {counted(found or 0, 'time')}.")


def equals_the_reference(subject: OrchestratorSubject) -> None:
    """Many texts in small chunks give the counts of the sequential orchestrator."""
    orchestrator = watched(subject)
    for text in seeded_texts(5):
        expected, found = count(text).anagram_counts, count(text, orchestrator, chunk_size=16).anagram_counts
        require(found == expected, f"{text!r} gave {dict(found)}, not {dict(expected)}.")


def failures_are_survived(subject: OrchestratorSubject) -> None:
    """Where many attempts fail and enough may be made, counts and ledger equal the reference's."""
    report = _compare_under_faults(subject, attempts=50)
    require(report.is_complete, "Items failed for good, though 50 attempts are enough.")


def failures_for_good(subject: OrchestratorSubject) -> None:
    """With too few attempts the same items fail for good as in the reference, and the report says so."""
    report = _compare_under_faults(subject, attempts=1)
    require(not report.is_complete, "The report pretends to be complete.")


def _compare_under_faults(subject: OrchestratorSubject, *, attempts: int) -> RunReport:
    report, reference = count(TEXT, watched(subject), **heavy(attempts)), count(TEXT, **heavy(attempts))
    for what in ("anagram_counts", "failures", "attempts", "ledger_entries", "ledger_digest", "stale_completions"):
        found, expected = getattr(report, what), getattr(reference, what)
        require(found == expected, f"{what} is {found!r}, and {expected!r} in the reference.")
    return report


def events(subject: OrchestratorSubject) -> None:
    """Observers hear of the run's start first, of each item's end once, of a failure before its retry, of the end last."""
    log = EventLog()
    report = count(TEXT, watched(subject), registry=log.registry(), **heavy(50))
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
    """The same object runs again after it was closed, and knows nothing of its first run."""
    orchestrator = watched(subject)
    first, second = count("cat", orchestrator), count("cat-dog cat", orchestrator, tokenizer="whitespace")
    require(first.anagram_counts == CAT, f"The first run gave {dict(first.anagram_counts)}.")
    require(second.anagram_counts == CAT, f"The second run gave {dict(second.anagram_counts)}.")


def close_is_idempotent(subject: OrchestratorSubject) -> None:
    """Closing twice, or before opening, does nothing."""
    orchestrator = watched(subject)
    orchestrator.close(force=False)
    count("cat", orchestrator)
    orchestrator.close(force=True)
    orchestrator.close(force=False)


def nothing_is_left_behind(subject: OrchestratorSubject) -> None:
    """After a run there are no more threads, child processes and descriptors than before it."""
    count("cat", watched(subject))  # the first run may start helpers that serve all later ones
    with nothing_more():
        count(TEXT, watched(subject), chunk_size=8)


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
    """Ctrl-C ends a run with a partial report, leaves nothing behind, and the next run is whole."""
    if threading.current_thread() is not threading.main_thread():
        raise CheckSkippedError("signals reach only the main thread, and the check runs in another one")
    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        raise CheckSkippedError("this program handles SIGINT in its own way")
    count("cat", watched(subject))
    orchestrator, log = watched(subject), _CtrlC()
    with nothing_more():
        try:
            count(TEXT * 20, orchestrator, registry=log.registry(), chunk_size=8)
        except RunInterrupted:
            pass
        else:
            raise CheckFailedError("The run went on after Ctrl-C as if nothing had happened.")
    require(isinstance(log.events[-1], RunFinished), "Observers were not told of the run's end.")
    require(count("cat", orchestrator).anagram_counts == CAT, "The run after that is wrong.")


class _CtrlCForWorkers(EventLog):
    """Sends the first worker that finishes an item what Ctrl-C sends it too."""

    pid = 0

    def react(self, event: ItemFinished) -> None:
        if not self.pid and event.worker.isdecimal():
            self.pid = int(event.worker)
            os.kill(self.pid, signal.SIGINT)


def workers_ignore_ctrl_c(subject: OrchestratorSubject) -> None:
    """Ctrl-C is the parent's to handle: a worker process that gets it goes on."""
    if subject.capabilities.isolation != "process":
        raise CheckSkippedError("its workers are not processes of this machine")
    log = _CtrlCForWorkers()
    report = count(TEXT * 5, watched(subject), registry=log.registry(), chunk_size=16)
    if not log.pid:
        raise CheckSkippedError("its workers are not named by their pids")
    require(report.is_complete and not report.lost, f"{report.lost} attempts were lost to a Ctrl-C.")


RUN_CHECKS: Sequence[Check[OrchestratorSubject]] = (
    Check.of(cat, after=[*BASICS, "poll_wakes"]),
    Check.of(empty_input, after=["cat"]),
    Check.of(repeated_words, after=["cat"]),
    Check.of(equals_the_reference, after=["cat", "second_run"]),
    Check.of(failures_are_survived, after=["cat"]),
    Check.of(failures_for_good, after=["cat"]),
    Check.of(events, after=["cat", "failures_are_survived"]),
    Check.of(second_run, after=["cat"]),
    Check.of(close_is_idempotent, after=["cat"]),
    Check.of(nothing_is_left_behind, after=["cat"]),
    Check.of(forced_close, after=["nothing_is_left_behind", "submit_does_not_wait"]),
    Check.of(interruption, after=["second_run", "forced_close", "close_is_idempotent"], sends_signals=True),
    Check.of(workers_ignore_ctrl_c, after=["cat"], sends_signals=True),
)
