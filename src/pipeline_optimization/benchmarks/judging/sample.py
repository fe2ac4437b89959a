"""Turns what was seen of a subject into a sample: facts, and faults by name."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from attrs import evolve

from pipeline_optimization.benchmarks.inputs import Evidence, Input, Work
from pipeline_optimization.benchmarks.judging.delays import delays_of
from pipeline_optimization.benchmarks.measuring.messages import Event
from pipeline_optimization.benchmarks.measuring.raw_samples import RawExecution, RawSample
from pipeline_optimization.benchmarks.results import Execution, Problem
from pipeline_optimization.benchmarks.subject.contending import CLOSED_PIPE
from pipeline_optimization.engine.faults import FaultSettings
from pipeline_optimization.plural import counted
from pipeline_optimization.printable import printable

__all__ = ["judge_end", "judge_executions", "notes_on"]

FLOOR_TOLERANCE = 0.98
"""The share of the floor that an execution must take. A timer may fire a little early, and that is no fault."""

CLOCK_TOLERANCE_MS = 5.0
WAITED_SHARE = 0.95
LEAST_DELAY_S = 0.001
"""If the delays of a policy sum up to at least ``LEAST_DELAY_S``, retries must have waited for this share of them."""

REMEMBERED_SHARE = 0.3
REMEMBERED_MS = 5.0
"""An execution of an input that was seen before is called remembered if it takes less than ``REMEMBERED_SHARE`` of a new input's time. The new input
must take at least ``REMEMBERED_MS``, and there must be no record of calls. If processor time is known, it must be below that share too, because a
busy machine can make any single execution long."""


def judge_executions(
    raw: RawSample, inputs: Sequence[Input], settings: FaultSettings | None, work: Work
) -> tuple[list[Execution], list[Problem]]:
    """Judge every execution that ended."""
    executions: list[Execution] = []
    problems: list[Problem] = []
    for index, (seen, given) in enumerate(zip(raw.executions, inputs, strict=False)):
        evidence = None if settings is None else given.examine(seen.calls, settings)
        found = _faults(seen, given, inputs[:index], evidence, work)
        if seen.kind == "replay":
            found = _recognised(found, problems) + (
                _remembered(seen, raw.executions[index - 1], work) if settings is None else []
            )
        if seen.kind == "known":
            found = _known_before(found, work, earlier=problems)
            if settings is None and not found:
                found = _known_by_time(seen, raw.executions, work)
        problems += found
        executions.append(_execution(seen, given, evidence, is_correct=_is_correct(seen, found)))
    if settings is not None:
        problems += _skipped_delays(raw.executions, inputs, settings)
    if raw.has_forked:
        # The calls of the child are recorded among those of its parent's next text, so their order tells nothing.
        problems = [problem for problem in problems if problem.code != "stages_out_of_order"]
    # A busy machine may delay a process between two looks at the clock. A contender with a clock of its own differs each time.
    if 2 * sum(problem.code == "own_clock" for problem in problems) <= len(executions):
        problems = [problem for problem in problems if problem.code != "own_clock"]
    return executions, problems


def judge_end(raw: RawSample, work: Work) -> list[Problem]:
    """Judge how a subject ended, and what it left behind."""
    problems: list[Problem] = []
    if raw.failed is not None and raw.failed["event"] == "failed":
        problems.append(_failed_step(raw.failed))
    elif raw.too_large:
        problems.append(Problem(code="out_of_memory", text=f"It held {raw.too_large}"))
    elif raw.garbled:
        text = f"Where the harness expected a report, there was {raw.garbled}. It could not be measured any further."
        problems.append(Problem(code="garbled_reports", text=text))
    elif raw.exit == "timeout":
        problems.append(_timeout(raw, work))
    elif not raw.is_ended or raw.exit != "0":
        problems.append(_end(raw, work))
    if raw.has_forked:
        text = "The child of a fork came back out of the contender, as if it were its parent: end it with os._exit()."
        problems.append(Problem(code="forked", text=text))
    if raw.raised_priority:
        text = f"It had {raw.raised_priority}; that was taken back after the {work.noun}."
        problems.append(Problem(code="raised_priority", text=text))
    if raw.leaked:
        problems.append(Problem(code="leaked_process", text=f"Left behind: {', '.join(raw.leaked[:5])}."))
    counts = [execution.threads for execution in raw.executions]
    # A pool may keep its threads. Only a number that grows with each execution is a fault.
    is_growing = len(counts) > 1 and all(b > a for a, b in pairwise(counts))
    if raw.threads_left and is_growing:
        text = f"Left behind: {counted(raw.threads_left, 'thread')}; after each execution there were {', '.join(map(str, counts))}."
        problems.append(Problem(code="leaked_thread", text=text))
    return problems


def notes_on(raw: RawSample) -> list[Problem]:
    """Return facts about a subject that a reader may want to know, although they are no faults."""
    notes = []
    if raw.stdout.length:
        excerpt = raw.stdout.excerpt.decode("utf-8", "replace").strip()[:60]
        text = f"{counted(raw.stdout.length, 'byte')}, beginning with {excerpt!r}."
        notes.append(Problem(code="wrote_to_stdout", text=text))
    if raw.left_files:
        shown = ", ".join(printable(path) for path in raw.left_files[:5])
        notes.append(Problem(code="left_files", text=f"{counted(len(raw.left_files), 'file')}: {shown}."))
    return notes


def _faults(
    seen: RawExecution, given: Input, earlier: Sequence[Input], evidence: Evidence | None, work: Work
) -> list[Problem]:
    answer = seen.answer
    event = answer["event"]
    if event == "raised":
        return [_raised(answer, evidence, work)]
    if event == "misshapen":
        return [Problem(code="bad_result", text=answer["message"])]
    # An earlier execution of the same input has the same right answer.
    others = [other for other in earlier if other.data != given.data]
    wrong = given.judge(answer["answer"], earlier=others, evidence=evidence)
    problems = [] if wrong is None else [wrong]
    problems += _clock_faults(seen) + _startup_faults(seen.told)
    if evidence is not None and wrong is None:
        problems += _unearned(seen, evidence)
    return problems


def _unearned(seen: RawExecution, evidence: Evidence) -> list[Problem]:
    """Return what is wrong with a right answer that the contender did not work for."""
    if evidence.missing:
        return [Problem(code="skipped_stages", text=" ".join(evidence.missing))]
    if evidence.disorder:
        return [Problem(code="stages_out_of_order", text=evidence.disorder)]
    if seen.wall_ms < evidence.floor * 1000.0 * FLOOR_TOLERANCE:
        text = f"{seen.wall_ms:.1f} ms, but the simulated waits take at least {evidence.floor * 1000.0:.1f} ms."
        return [Problem(code="skipped_latency", text=text)]
    return []


def _recognised(found: Sequence[Problem], earlier: Sequence[Problem]) -> list[Problem]:
    """If only a repeated input spares the contender its work, call that remembering the answer."""
    is_new = all(problem.code != "skipped_stages" for problem in earlier)
    return [evolve(p, code="memorised_answer") if is_new and p.code == "skipped_stages" else p for p in found]


def _known_before(found: Sequence[Problem], work: Work, *, earlier: Sequence[Problem]) -> list[Problem]:
    """If a right answer to a built-in input took no work, call that a remembered answer."""
    skips_always = any(problem.code == "skipped_stages" for problem in earlier)
    if any(problem.code == "skipped_stages" for problem in found) and not skips_always:
        text = (
            f"It had the answer of a built-in {work.noun} ready, and called stages only for {work.noun}s that are new."
        )
        return [Problem(code="memorised_answer", text=text)]
    return list(found)


def _known_by_time(seen: RawExecution, executions: Sequence[RawExecution], work: Work) -> list[Problem]:
    """Return a fault if a right answer to a built-in input took far too little time."""
    fresh = [execution for execution in executions if execution.kind == "warm"]
    if seen.answer["event"] == "result" and fresh and all(_is_remembered(seen, one) for one in fresh):
        least = min(one.wall_ms for one in fresh)
        text = f"A built-in {work.noun} took {seen.wall_ms:.1f} ms, and new ones of its size {least:.1f} ms."
        return [Problem(code="memorised_answer", text=text)]
    return []


def _clock_faults(seen: RawExecution) -> list[Problem]:
    """Return a fault if a contender reports another time than was measured.

    Its own clock stops before its answer is encoded and sent. So on a busy machine the measured time alone gets longer.
    """
    reported = seen.answer["reported_ms"]
    undelayed = seen.wall_ms - seen.delayed_ms
    if undelayed - reported > max(CLOCK_TOLERANCE_MS, 0.5 * undelayed):
        return [Problem(code="own_clock", text=f"It reported {reported:.3g} ms; {seen.wall_ms:.1f} ms were measured.")]
    return []


def _skipped_delays(
    executions: Sequence[RawExecution], inputs: Sequence[Input], settings: FaultSettings
) -> list[Problem]:
    found = [delays_of(seen.calls, given, settings) for seen, given in zip(executions, inputs, strict=False)]
    due, waited = (sum(column) for column in zip((0.0, 0.0), *found, strict=True))
    if due < LEAST_DELAY_S or waited >= WAITED_SHARE * due:
        return []
    text = f"Before its retries it waited {waited * 1e3:.1f} ms, but the delays of the policy are {due * 1e3:.1f} ms."
    return [Problem(code="skipped_delays", text=text)]


def _startup_faults(told: Event) -> list[Problem]:
    if "type" not in told:
        return []
    return [Problem(code="exception", text=f"startup_ms raised {told['type']}: {told['message']} at {told['place']}")]


def _remembered(replay: RawExecution, fresh: RawExecution, work: Work) -> list[Problem]:
    if _is_remembered(replay, fresh):
        text = f"A {work.noun} took {fresh.wall_ms:.1f} ms, and {replay.wall_ms:.1f} ms when it came again."
        return [Problem(code="memorised_answer", text=text)]
    return []


def _is_remembered(known: RawExecution, fresh: RawExecution) -> bool:
    if fresh.wall_ms < REMEMBERED_MS or known.wall_ms >= REMEMBERED_SHARE * fresh.wall_ms:
        return False
    if known.cpu_ms is None or fresh.cpu_ms is None:
        return True
    return known.cpu_ms < REMEMBERED_SHARE * fresh.cpu_ms


def _raised(answer: Event, evidence: Evidence | None, work: Work) -> Problem:
    what = f"{answer['type']}: {answer['message']}"
    if answer["type"] == "SystemExit":
        return Problem(code="exited", text=f"{work.call} raised {what}".rstrip(": ") + _at(answer))
    if answer["type"] == "NotImplementedError":
        return Problem(code="declined", text=answer["message"])
    if evidence is not None and not evidence.predicted:
        return Problem(code="exhausted_retries", text=what)
    return Problem(code="exception", text=what + _at(answer))


def _at(event: Event) -> str:
    """Return the place of an exception as the end of a sentence, or an empty text if it has none."""
    return f" at {event['place']}" if event.get("place") else ""


def _end(raw: RawSample, work: Work) -> Problem:
    tail = printable(raw.stderr.tail.decode("utf-8", "replace").strip().rpartition("\n")[2][:200])
    where = _where(raw, work)
    if raw.exit == str(CLOSED_PIPE):
        # A contender may end its process with this code itself.
        text = f"It closed or changed the harness's pipe, or ended its process with exit code {raw.exit}, {where}. Close only file handles that you opened."
        return Problem(code="exited", text=text)
    if raw.exit.isdigit():
        return Problem(code="exited", text=f"The process ended with exit code {raw.exit} {where}. {tail}".strip())
    return Problem(code="crashed", text=f"{raw.exit} ended the process {where}. {tail}".strip())


def _where(raw: RawSample, work: Work) -> str:
    """Return how far a subject came before it ended or was killed."""
    if raw.is_ended:
        return f"after its last {work.noun}, while the interpreter shut down"
    if "setup" not in raw.phases_ms:
        return "while it was made" if "import" in raw.phases_ms else "while it was imported"
    return f"after {counted(len(raw.executions), 'execution')}"


def _failed_step(failed: Event) -> Problem:
    what = f"{failed['type']}: {failed['message']}"
    if failed["is_missing"]:
        return Problem(code="no_orchestrator", text=failed["message"])
    if failed["type"] == "SystemExit":
        return Problem(code="exited", text=f"{failed['step']} raised {what}{_at(failed)}")
    if failed["step"] == "import":
        return Problem(code="import_error", text=what + _at(failed))
    return Problem(code="exception", text=f"{failed['step']} raised {what}{_at(failed)}")


def _timeout(raw: RawSample, work: Work) -> Problem:
    if raw.is_ended and raw.threads_left:
        text = f"The process did not end: {counted(raw.threads_left, 'thread')} kept it alive."
        return Problem(code="leaked_thread", text=text)
    return Problem(code="timeout", text=f"It was killed {_where(raw, work)}.")


def _is_correct(seen: RawExecution, found: Sequence[Problem]) -> bool:
    return seen.answer["event"] == "result" and all(problem.code == "own_clock" for problem in found)


def _execution(seen: RawExecution, given: Input, evidence: Evidence | None, *, is_correct: bool) -> Execution:
    reported = seen.answer.get("reported_ms")
    startup = seen.told.get("startup_ms")
    facts = Execution(
        kind=seen.kind,
        wall_ms=round(seen.wall_ms, 4),
        is_correct=is_correct,
        words=given.size,
        reported_ms=None if reported is None else round(float(reported), 4),
        # A part of the time cannot be longer than the whole, so such a report is ignored.
        startup_ms=round(float(startup), 4) if startup is not None and 0 <= startup <= seen.wall_ms else None,
        error=seen.answer["type"] if seen.answer["event"] == "raised" else "",
    )
    if evidence is None:
        return facts
    return evolve(
        facts,
        predicted=evidence.predicted,
        floor_ms=round(evidence.floor * 1000.0, 4),
        calls=evidence.calls,
        recovered=evidence.recovered,
        exhausted=evidence.exhausted,
        overshoot_ms=round(evidence.overshoot * 1000.0, 4),
    )
