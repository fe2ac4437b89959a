"""Checks of pipelines: functions can be called anywhere and again, and the result depends only on the input."""

from __future__ import annotations

import pickle
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from pipeline_optimization.engine.virtual import VirtualOrchestrator
from pipeline_optimization.error_text import describe
from pipeline_optimization.errors import OptionError
from pipeline_optimization.pipeline.model.inputs import Chunks
from pipeline_optimization.pipeline.model.packing import pack
from pipeline_optimization.pipeline.model.report import PipelineReport
from pipeline_optimization.pipeline.model.steps import Step
from pipeline_optimization.plural import counted
from pipeline_optimization.registry.options import describe_options
from pipeline_optimization.testing.checks import Check, CheckFailedError, CheckSkippedError, require
from pipeline_optimization.testing.end_checks import END_CHECKS
from pipeline_optimization.testing.pipeline_subject import MANY, Losses, PipelineSubject, call, copied, failing
from pipeline_optimization.testing.values import is_same, shown

__all__ = ["PIPELINE_CHECKS"]

SEEDS = range(1, 4)
SHARES = (0.5, 1.0)
"""Shares of all items that lose their first two workers."""

WORKERS = 3
CHUNK_SIZES = (16, 200, 1 << 20)
STOPS = (2, 7)
"""Steps of the engine after which a run is stopped."""

ELSEWHERE = """
import pickle, sys
path, packed = pickle.load(sys.stdin.buffer)
sys.path[:] = path
from pipeline_optimization.pipeline.model.packing import unpack
unpack(pickle.loads(packed))
"""
"""What a worker first does with a pipeline."""

AT_ONCE: Mapping[str, Any] = {
    "retry_options": {"attempts": MANY, "delay": 0.0},
    "faults": "exercise",
    "latency_scale": 0.0,
}
"""Options of a run whose simulated failures are tried again until they succeed."""


def has_elements(subject: PipelineSubject) -> None:
    """The input has at least two elements, so that the checks can see something."""
    number = len(subject.elements)
    require(
        number > 1,
        f"The input has too few elements: {number}. Give one that has all kinds of elements, some hundred at most.",
    )


def functions_reach_workers(subject: PipelineSubject) -> None:
    """Another process finds the functions: it can import them, or cloudpickle sends them."""
    try:
        packed = pickle.dumps(pack(subject.pipeline, is_elsewhere=True))
    except OptionError as error:
        raise CheckFailedError(str(error)) from error
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", ELSEWHERE], input=pickle.dumps((sys.path, packed)), capture_output=True, check=False
    )
    reason = done.stderr.decode(errors="replace").strip().rpartition("\n")[2]
    require(
        done.returncode == 0,
        f"Another process cannot load the pipeline: {reason}. Define its functions at the top level of a module that can be imported "
        "there.",
    )


def functions_are_repeatable(subject: PipelineSubject) -> None:
    """A function returns the same for the same element each time, because it may be called again after a failure."""
    for step, value in _calls(subject):
        first, second = (_outcome(step, value) for _ in range(2))
        require(
            is_same(first, second),
            f"{step.name}({shown(value)}) was {shown(first)} the first time, and {shown(second)} the second.",
        )


def functions_leave_elements_alone(subject: PipelineSubject) -> None:
    """No function changes the element that it gets, because it may get the same element again."""
    for step, value in _calls(subject):
        given = copied(value)
        if given is value or not is_same(given, value):
            continue  # it cannot be sent, or no comparison would tell
        with suppress(Exception):  # other checks look at what fails
            call(step, given)
        require(
            is_same(given, value), f"{step.name} made {shown(given)} of its element {shown(value)}. Return a new one."
        )


def _calls(subject: PipelineSubject) -> Iterator[tuple[Step, Any]]:
    for step, elements in zip(subject.pipeline.steps, subject.called, strict=False):
        yield from ((step, value) for _, value in elements)


def _outcome(step: Step, value: Any) -> object:
    try:
        return call(step, copied(value))
    except Exception as error:  # noqa: BLE001 - an error is the outcome of a call too
        return describe(error)


def same_on_every_orchestrator(subject: PipelineSubject) -> None:
    """Result, ledger and failures equal those of the sequential orchestrator, with one worker and with several."""
    for name in subject.opponents:
        component = subject.registry.component("orchestrator", name)
        has_workers = any(one.name == "workers" for one in describe_options(component.options))
        for workers in (1, WORKERS) if has_workers else (None,):
            options = {} if workers is None else {"workers": workers}
            report = subject.run(orchestrator=name, orchestrator_options=options)
            _require_same(subject, report, f"On {name}" + (f" with workers={workers}" if workers else ""))
    for slots in (1, WORKERS, 50):
        report = subject.run(orchestrator=VirtualOrchestrator(slots))
        _require_same(subject, report, f"With {slots} imagined workers")


def same_for_every_chunk_size(subject: PipelineSubject) -> None:
    """The result does not depend on how the input is cut, nor does the ledger, except with chunks(), whose elements are the cuts."""
    for chunk_size in CHUNK_SIZES:
        report = subject.run(chunk_size=chunk_size)
        is_cut = isinstance(subject.pipeline.input, Chunks)
        _require_same(subject, report, f"With a chunk size of {chunk_size}", with_ledger=not is_cut)


def failures_change_nothing(subject: PipelineSubject) -> None:
    """If calls fail at first, and each element is tried again by itself, the result is that of a run without failures."""
    for seed in SEEDS:
        orchestrator = VirtualOrchestrator(WORKERS)
        report = subject.run(failing(subject.pipeline), orchestrator=orchestrator, **{**AT_ONCE, "seed": seed})
        _require_same(subject, report, f"When calls failed (seed {seed})", with_ledger=False)


def deaths_change_nothing(subject: PipelineSubject) -> None:
    """If workers die, result and ledger are those of a run without deaths."""
    for share in SHARES:
        report = subject.run(orchestrator=VirtualOrchestrator(WORKERS, adversary=Losses(share)))
        _require_same(subject, report, f"When workers died ({counted(report.lost, 'attempt')} lost)")


def survives_a_stop(subject: PipelineSubject) -> None:
    """A run that is stopped goes on from its checkpoint to the same result, because what is kept is plain data."""
    if subject.is_over_values:
        raise CheckSkippedError("it runs over values, and a checkpoint takes files and texts only")
    for stop in STOPS:
        with tempfile.TemporaryDirectory() as directory:
            checkpoint = Path(directory, "checkpoint")
            _run_kept(subject, checkpoint, stop)
            report = _run_kept(subject, checkpoint, sys.maxsize)
        _require_same(subject, report, f"After a stop (step {stop})", with_ledger=False)


def _run_kept(subject: PipelineSubject, checkpoint: Path, stop: int) -> PipelineReport[Any]:
    """Run for some steps of the engine, from a checkpoint if there is one."""
    left = iter(range(stop))
    return subject.run(
        orchestrator=VirtualOrchestrator(WORKERS),
        should_stop=lambda: next(left, None) is None,
        checkpoint=checkpoint,
        resume=True,
        **AT_ONCE,
    )


def _require_same(
    subject: PipelineSubject, report: PipelineReport[Any], where: str, *, with_ledger: bool = True
) -> None:
    """Fail the check if a run ended differently from the reference."""
    reference = subject.reference
    if report.stop is not None:
        raise CheckFailedError(f"{where}, the run was stopped: {report.stop.reason}.")
    known = {(failed.task, failed.item) for failed in reference.failed_items}
    found = {(failed.task, failed.item): failed for failed in report.failed_items}
    for key, failed in found.items():
        require(
            key in known,
            f"{where}, {failed.task} failed at {failed.place}, but not in the reference run: {failed.error.type}: "
            f"{failed.error.message}",
        )
    require(
        known <= set(found),
        f"{where}, {len(known - set(found))} elements did not fail, but they fail in the reference run.",
    )
    require(
        is_same(report.result, reference.result),
        f"{where}, the result was {shown(report.result)}, and {shown(reference.result)} in the reference run.",
    )
    if with_ledger:
        require(
            report.ledger_digest == reference.ledger_digest,
            f"{where}, the result was the same, and the ledger was not: other calls were made.",
        )


PIPELINE_CHECKS: Sequence[Check[PipelineSubject]] = (
    Check.of(has_elements),
    Check.of(functions_reach_workers),
    Check.of(functions_are_repeatable, after=["has_elements"]),
    Check.of(functions_leave_elements_alone, after=["functions_are_repeatable"]),
    *END_CHECKS,
    Check.of(same_on_every_orchestrator, after=["functions_reach_workers", "functions_are_repeatable", "parts_add_up"]),
    Check.of(same_for_every_chunk_size, after=["functions_are_repeatable", "parts_add_up"]),
    Check.of(failures_change_nothing, after=["functions_leave_elements_alone", "parts_add_up"]),
    Check.of(deaths_change_nothing, after=["functions_are_repeatable", "parts_add_up", "same_for_every_chunk_size"]),
    Check.of(survives_a_stop, after=["failures_change_nothing", "deaths_change_nothing"]),
)
