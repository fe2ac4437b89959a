"""Checks of orchestrators with single attempts: what goes in, what comes out, and whether claims are true."""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from pipeline_optimization.engine.faults import TaskFaults
from pipeline_optimization.testing.checks import Check, CheckFailedError, CheckSkippedError, require
from pipeline_optimization.testing.drive import PATIENCE, Drive, answer_of
from pipeline_optimization.testing.subject import Subject
from pipeline_optimization.types import Orchestrator

__all__ = ["ATTEMPT_CHECKS", "BASICS"]

MANY = 20
LARGE = 3 << 20
WAIT = {"wait": TaskFaults(0.0, 0.5)}
FOR_EVER = {"wait": TaskFaults(0.0, 3600.0)}
FAILING = {"echo": TaskFaults(1.0, 0.0)}
ODD_BYTES = bytes(range(256)) + b"\r\n\0\xff"

OrchestratorSubject = Subject[Orchestrator]


def slots(subject: OrchestratorSubject) -> None:
    """``slots`` is a whole number of at least 1, even before the orchestrator is opened."""
    found: object = subject.make().slots
    require(isinstance(found, int) and found >= 1, f"slots is {found!r}.")


def poll_without_work(subject: OrchestratorSubject) -> None:
    """``poll`` with nothing in flight returns nothing, in time."""
    with Drive(subject.make()) as drive:
        began = time.monotonic()
        found = list(drive.poll(0.0))
        require(not found, f"It reported {found!r}.")
        require(time.monotonic() - began < PATIENCE, "It took much longer than its time-out of 0 s.")


def reports_each_attempt(subject: OrchestratorSubject) -> None:
    """Every attempt that is submitted is reported."""
    with Drive(subject.make()) as drive:
        drive.finish([drive.submit("echo", b"%d" % number) for number in range(MANY)])


def reports_once(subject: OrchestratorSubject) -> None:
    """No attempt is reported twice, not even a repeated one, and none is reported that was never submitted."""
    with Drive(subject.make()) as drive:
        ids = [drive.submit("echo", number=1 + number % 2) for number in range(MANY)]
        drive.finish(ids)
        drive.poll(0.02)
        strange = sorted(set(drive.reports) - set(ids))
        require(not strange, f"It reported attempts that were never submitted: {strange}.")
        doubled = [one for one in ids if len(drive.reports[one]) > 1]
        require(not doubled, f"It reported attempts more than once: {doubled}.")


def answers_untouched(subject: OrchestratorSubject) -> None:
    """The answer of a worker comes back unchanged, byte for byte, under the id of its attempt."""
    with Drive(subject.make()) as drive:
        sent = {drive.submit("echo", b"%d " % number + ODD_BYTES): number for number in range(MANY)}
        for completion in drive.finish(sent):
            expected = b"%d " % sent[completion.id] + ODD_BYTES
            result = answer_of(completion).result
            require(result == expected, f"Attempt {completion.id} answered {result[:20]!r}, not {expected[:20]!r}.")


def large_answers(subject: OrchestratorSubject) -> None:
    """Payloads of some megabytes go in both directions, several at once."""
    with Drive(subject.make()) as drive:
        for completion in drive.finish([drive.submit("echo", b"x" * LARGE) for _ in range(3)]):
            length = len(answer_of(completion).result)
            require(length == LARGE, f"{LARGE:,} bytes came back as {length:,}.")


def errors_are_kept(subject: OrchestratorSubject) -> None:
    """An attempt that fails is reported as done, and its answer has the error with type, message and traceback."""
    with Drive(subject.make()) as drive:
        error = drive.run("fail", b"the very message").error
        require(error is not None, "A failed attempt was reported as a success.")
        assert error is not None
        require(
            (error.type, error.message) == ("ValueError", "the very message"),
            f"The error became a different one: {error!r}.",
        )
        require("_fail" in error.traceback, "The traceback does not name the place.")
    with Drive(subject.make(), faults=FAILING) as drive:
        errors = [answer_of(one).error for one in drive.finish([drive.submit("echo") for _ in range(3)])]
        require(all(one is not None and one.injected for one in errors), "A simulated failure was lost.")


def workers_are_named(subject: OrchestratorSubject) -> None:
    """Each completion names its worker."""
    with Drive(subject.make()) as drive:
        (completion,) = drive.finish([drive.submit("echo")])
        require(bool(completion.worker), "The completion's worker is empty.")


def submit_does_not_wait(subject: OrchestratorSubject) -> None:
    """``submit`` takes an attempt and returns at once, whether a slot is free or not."""
    orchestrator = subject.make()
    with Drive(orchestrator, faults=WAIT) as drive:
        drive.run("echo")
        began = time.monotonic()
        for _ in range(min(2 * orchestrator.slots, 4)):
            drive.submit("wait")
        taken = time.monotonic() - began
        require(taken < 0.5, f"Submitting attempts that take 0.5 s took {taken:.2f} s.")


def poll_wakes(subject: OrchestratorSubject) -> None:
    """``poll`` returns as soon as there is something to report, and does not wait until its time is over."""
    with Drive(subject.make()) as drive:
        drive.run("echo")
        for timeout in (1.0, 2.0):  # the second one is for a machine that was busy
            one = drive.submit("echo")
            began = time.monotonic()
            while one not in drive.reports and time.monotonic() - began < timeout:
                drive.poll(timeout)
            if time.monotonic() - began < timeout:
                return
        raise CheckFailedError("Twice it waited out its time-out, though an attempt was done at once.")


def poll_keeps_its_time(subject: OrchestratorSubject) -> None:
    """``poll`` waits no longer than it is told to, even while attempts run."""
    if subject.capabilities.runs_in_caller:
        raise CheckSkippedError("its attempts run in the thread that polls (Capabilities.runs_in_caller)")
    with Drive(subject.make(), faults={"wait": TaskFaults(0.0, 5.0)}) as drive:
        drive.run("echo")
        drive.submit("wait")
        began = time.monotonic()
        drive.poll(0.05)
        taken = time.monotonic() - began
        require(taken < 4.0, f"A poll of 0.05 s took {taken:.1f} s while an attempt was waiting.")


def slots_are_honest(subject: OrchestratorSubject) -> None:
    """No more attempts run at once than there are slots."""
    orchestrator = subject.make()
    if orchestrator.slots > MANY or subject.capabilities.is_distributed:
        raise CheckSkippedError("it has many slots, or workers with clocks of their own")
    with Drive(orchestrator) as drive:
        ids = [drive.submit("span") for _ in range(2 * orchestrator.slots + 2)]
        spans = [json.loads(answer_of(completion).result) for completion in drive.finish(ids)]
    changes = sorted([(began, 1) for began, _ in spans] + [(ended, -1) for _, ended in spans])
    running = most = 0
    for _, change in changes:
        running += change
        most = max(most, running)
    require(most <= orchestrator.slots, f"{most} attempts ran at once, with {orchestrator.slots} slots.")


def isolation_is_honest(subject: OrchestratorSubject) -> None:
    """Attempts run in this process if the isolation is "none", and in others if it is not."""
    with Drive(subject.make()) as drive:
        ids = [drive.submit("pid") for _ in range(4)]
        pids = {int(answer_of(completion).result) for completion in drive.finish(ids)}
    claimed = subject.capabilities.isolation
    is_inside = os.getpid() in pids
    require(
        is_inside == (claimed == "none"), f"It claims isolation {claimed!r}, but ran in the processes {sorted(pids)}."
    )


def parallelism_is_honest(subject: OrchestratorSubject) -> None:
    """If ``is_parallel`` is claimed, two attempts that compute are under way at the same time."""
    orchestrator = subject.make()
    if not subject.capabilities.is_parallel or orchestrator.slots < 2:
        raise CheckSkippedError("it does not claim to be parallel, or has one slot")
    with tempfile.TemporaryDirectory() as directory, Drive(orchestrator) as drive:
        places = [os.path.join(directory, name) for name in ("a", "b")]
        ids = [drive.submit("meet", json.dumps(pair).encode()) for pair in (places, places[::-1])]
        met = Counter(answer_of(completion).result for completion in drive.finish(ids))
    require(met == {b"met": 2}, "Two attempts did not run side by side.")


def starts_are_announced(subject: OrchestratorSubject) -> None:
    """If ``announces_start`` is claimed, each attempt that is done was announced when it started."""
    if not subject.capabilities.announces_start:
        raise CheckSkippedError("it does not claim to announce starts")
    with Drive(subject.make()) as drive:
        ids = [drive.submit("echo") for _ in range(MANY)]
        drive.finish(ids)
        silent = sorted(set(ids) - drive.started)
        require(not silent, f"These attempts were done without having been announced: {silent}.")


def cancel_is_honest(subject: OrchestratorSubject) -> None:
    """If ``cancel`` returns True, the attempt does not complete. If it returns False, the attempt does."""
    with Drive(subject.make(), faults={"wait": TaskFaults(0.0, 0.1)}) as drive:
        ids = [drive.submit("wait") for _ in range(6)]
        drive.poll(0.0)
        cancelled = [one for one in ids[1:] if one not in drive.reports and drive.orchestrator.cancel(one)]
        drive.finish(one for one in ids if one not in cancelled)
        drive.run("echo")
        done = [one for one in cancelled if any(c.status == "done" for c in drive.reports.get(one, ()))]
        require(not done, f"cancel() returned True for these attempts, and they completed: {done}.")


def cancel_kills(subject: OrchestratorSubject) -> None:
    """If ``can_kill`` is claimed, ``cancel`` ends an attempt that runs, and another one takes its slot."""
    if not subject.capabilities.can_kill:
        raise CheckSkippedError("it does not claim that it can kill")
    with tempfile.TemporaryDirectory() as directory, Drive(subject.make()) as drive:
        marker = Path(directory, "begun")
        one = drive.submit("hang", os.fsencode(marker))
        _await(drive, marker)
        require(drive.orchestrator.cancel(one), "cancel() returned False for an attempt that runs.")
        others = [drive.submit("echo") for _ in range(drive.orchestrator.slots + 1)]
        drive.finish(others)


def _await(drive: Drive, marker: Path) -> None:
    until = time.monotonic() + PATIENCE
    while not marker.exists():
        drive.poll(0.02)
        require(time.monotonic() < until, "An attempt was not begun.")


def a_death_is_told(subject: OrchestratorSubject) -> None:
    """If a worker dies, its attempt is reported lost, no other one is if blame is exact, and a new worker takes its place."""
    if subject.capabilities.isolation == "none" or not subject.capabilities.shared_files:
        raise CheckSkippedError("a worker's death ends the run, or workers have files of their own")
    with tempfile.TemporaryDirectory() as directory, Drive(subject.make()) as drive:
        drive.run("echo")
        marker = os.fsencode(os.path.join(directory, "died"))
        deadly = drive.submit("die_once", marker)
        ids = [deadly, *(drive.submit("echo") for _ in range(6))]
        lost = [completion.id for completion in drive.finish(ids) if completion.status == "lost"]
        require(deadly in lost, "An attempt whose worker was killed was not reported as lost.")
        if subject.capabilities.exact_blame:
            require(lost == [deadly], f"exact_blame is claimed, but with attempt {deadly} these were lost: {lost}.")
        result = drive.run("die_once", marker).result
        require(result == b"alive", "The attempt could not be made again.")


BASICS = ("reports_each_attempt", "reports_once", "answers_untouched", "errors_are_kept")
"""Without these, checks of whole runs would only repeat the same failures."""

ATTEMPT_CHECKS: Sequence[Check[OrchestratorSubject]] = (
    Check.of(slots),
    Check.of(poll_without_work),
    Check.of(reports_each_attempt, after=["slots"]),
    Check.of(reports_once, after=["reports_each_attempt"]),
    Check.of(answers_untouched, after=["reports_each_attempt"]),
    Check.of(errors_are_kept, after=["answers_untouched"]),
    Check.of(large_answers, after=["answers_untouched"]),
    Check.of(workers_are_named, after=["answers_untouched"]),
    Check.of(submit_does_not_wait, after=BASICS),
    Check.of(poll_wakes, after=BASICS),
    Check.of(poll_keeps_its_time, after=BASICS),
    Check.of(slots_are_honest, after=BASICS),
    Check.of(isolation_is_honest, after=BASICS),
    Check.of(parallelism_is_honest, after=BASICS),
    Check.of(starts_are_announced, after=BASICS),
    Check.of(cancel_is_honest, after=[*BASICS, "submit_does_not_wait"]),
    Check.of(cancel_kills, after=["cancel_is_honest", "submit_does_not_wait"]),
    Check.of(a_death_is_told, after=["isolation_is_honest"]),
)
