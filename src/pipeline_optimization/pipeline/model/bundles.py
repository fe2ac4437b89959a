"""What a worker does with a bundle: it calls each function for each element, and keeps those apart that fail.

A bundle is a part of the input, or one element on its way. An element that fails in company is reported with its error, and the parent
has it tried again alone, from the step that failed; one that is alone fails its attempt, as any task does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

from attrs import define, field, frozen

from pipeline_optimization.engine.attempt_here import attempt_here
from pipeline_optimization.engine.cutting import cutting_point
from pipeline_optimization.engine.stage import FORKS, Bundled, Stage, describe_error, end_fork, is_of_the_run
from pipeline_optimization.errors import InputError, UnsendableError
from pipeline_optimization.pipeline.model.batch import Batch
from pipeline_optimization.pipeline.model.blame import failure_of, where
from pipeline_optimization.pipeline.model.calls import Calls, Closing, many
from pipeline_optimization.pipeline.model.codec import Codec
from pipeline_optimization.pipeline.model.contents import decode_contents
from pipeline_optimization.pipeline.model.elements import name_of
from pipeline_optimization.pipeline.model.failures import ElementFailures
from pipeline_optimization.pipeline.model.outcome import Failed, Outcome
from pipeline_optimization.pipeline.model.paths import ChildPaths
from pipeline_optimization.pipeline.model.steps import CompletePipeline, Step, StepKind
from pipeline_optimization.pipeline.model.subtotal import Subtotal
from pipeline_optimization.pipeline.model.surroundings import restoring, working_directory
from pipeline_optimization.pipeline.model.time_slice import TimeSlice, new_time_slice
from pipeline_optimization.types import ErrorRecord

if TYPE_CHECKING:
    from pipeline_optimization.pipeline.model.caching import Plans

__all__ = ["build_stages", "outputs_of"]

LOOK = 4096
"""Calls between two questions whether the run is over, at most."""


def build_stages(
    pipeline: CompletePipeline[Any, Any],
    alone: frozenset[int],
    codec: Codec,
    home: str = "",
    *,
    caches: Plans | None = None,
    totals: Codec | None = None,
    is_timed: bool = False,
) -> Mapping[str, Stage]:
    """Return what runs in a worker, by task name: the input's, and each step's.

    Elements enter the steps ``alone`` one by one. ``codec`` is that of elements on their way, and of ``totals`` that have none of their own.
    Names of files are relative to ``home``. ``caches`` are those of steps that have one. ``is_timed``: the run limits the time of an item.
    """
    calls = Calls(pipeline.steps, caches or {})
    runner = _Runner(pipeline, alone, codec, totals or codec, home, working_directory(), calls, is_timed)
    stages: dict[str, Stage] = {pipeline.input.task: Closing(runner.run_part, calls)}
    for index, step in enumerate(pipeline.steps):
        stages[step.name] = (_AsyncFrom if step.is_async else _From)(runner, index, step)
    stages[pipeline.delivery] = _End(runner)
    return stages


@frozen(eq=False, repr=False)
class _From:
    """Runs one element from a step on."""

    runner: _Runner
    index: int
    step: Step

    def __call__(self, data: bytes) -> Bundled:
        with restoring(self.runner.directory):
            return self.runner.run_alone(Batch.of([self.runner.codec.decode(data)]), self.index, is_first=True)

    def describe(self, error: BaseException) -> ErrorRecord:
        return failure_of(self.step.plain, error, self.step.spec.permanent)


class _AsyncFrom(_From):
    """Does the same where the step's function is a coroutine function: in an event loop, or in a loop of its own.

    A loop of its own has nobody who would cancel a coroutine that takes longer than the step's ``timeout``, so it does so itself. An
    attempt that took longer has timed out, whatever it raised.
    """

    def __call__(self, data: bytes) -> Bundled:
        from pipeline_optimization.pipeline.model.own_loop import run_to_end  # noqa: PLC0415 - asyncio, for such pipelines only

        run = run_to_end if self.step.spec.using is None else self.runner.calls.resources.run
        return run(lambda: self.run_async(data), self.step.spec.timeout)

    async def run_async(self, data: bytes) -> Bundled:
        path, value = self.runner.codec.decode(data)
        with restoring(self.runner.directory):
            results = [await self.runner.calls.by_step[self.index](value)]
            passed = outputs_of(self.step.kind, Batch.of([(path, value)]), results)
            return self.runner.run_alone(passed, self.index + 1, is_first=False)


@frozen(eq=False, repr=False)
class _End:
    """Takes one value to the end, which is behind all steps."""

    runner: _Runner

    def __call__(self, data: bytes) -> Bundled:
        if not data:
            raise UnsendableError(
                "its value cannot be kept in a checkpoint, so that it cannot be tried again; start anew for it"
            )
        runner = self.runner
        return runner.run_alone(Batch.of([runner.codec.decode(data)]), len(runner.pipeline.steps), is_first=True)

    def describe(self, error: BaseException) -> ErrorRecord:
        return describe_error(error, is_permanent=True)


@define(eq=False, repr=False)
class _Runner:
    pipeline: CompletePipeline[Any, Any]
    alone: frozenset[int]
    codec: Codec
    totals: Codec
    home: str
    directory: str
    calls: Calls
    is_timed: bool
    failures: ElementFailures = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.failures = ElementFailures(self.pipeline, self.codec)

    def run_part(self, data: bytes) -> Bundled:
        """Run a part of the input through the steps, as much of it as there is time for."""
        outcome, subtotal, time_slice = Outcome(), Subtotal(self.failures, self.totals), new_time_slice()
        contents = decode_contents(data, self.home)
        if not self.is_timed:
            time_slice.is_early, time_slice.merging = contents.is_early, subtotal.merging
        reads = contents.reads()
        with restoring(self.directory):
            while True:
                try:
                    read = next(reads, None)
                except InputError as error:
                    return Outcome(unreadable=(error.source, str(error))).to_bundled()
                if read is None:
                    break
                outcome.rest = self._run_blocks(outcome, subtotal, read.elements, time_slice)
                invalid, looks = read.damage(outcome.rest)
                outcome.invalid_bytes += invalid
                outcome.looks = outcome.looks or looks
                if outcome.rest is None and time_slice.is_over:
                    outcome.rest = read.rest
                if outcome.rest is not None:
                    break
            subtotal.finish(outcome)
        outcome.seconds = time_slice.seconds
        return self._bundled(outcome)

    def _bundled(self, outcome: Outcome) -> Bundled:
        """Return an outcome for the parent, with what caches have done meanwhile."""
        if self.calls.caches is not None:
            outcome.remembered = self.calls.caches.take()
        return outcome.to_bundled()

    def _run_blocks(self, outcome: Outcome, subtotal: Subtotal, elements: Batch, time_slice: TimeSlice) -> int | None:
        """Run elements block by block. Return the place of the first one for which there was no time, None if there was for all."""
        at = 0
        while at < len(elements):
            block = elements.part(at, at + time_slice.size)
            subtotal.add(self._flow(outcome, block, 0, is_first=False))
            at += len(block)
            outcome.elements += len(block)
            time_slice.note()
            if time_slice.is_over and at < len(elements):
                return elements.paths[at][-1]
        return None

    def run_alone(self, elements: Batch, first: int, *, is_first: bool) -> Bundled:
        """Run what one element became from a step on.

        ``is_first``: it fails its attempt if it fails at the first step, and the engine enters that attempt.
        """
        outcome, subtotal = Outcome(), Subtotal(self.failures, self.totals)
        subtotal.add(self._flow(outcome, elements, first, is_first=is_first))
        subtotal.finish(outcome)
        return self._bundled(outcome)

    def _flow(self, outcome: Outcome, elements: Batch, first: int, *, is_first: bool) -> Batch:
        """Return what comes of elements at the end, which nothing does of those that wait before a step that they enter alone."""
        for index in range(first, len(self.pipeline.steps)):
            if not elements:
                break
            is_attempt = is_first and index == first
            if index in self.alone and not is_attempt:
                for path, value in elements:
                    one = self.failures.waiting(index, path, value)
                    (outcome.failed if isinstance(one, Failed) else outcome.waiting).append(one)  # type: ignore[arg-type]
                return NOTHING
            elements = self._run_step(outcome, elements, index, is_attempt=is_attempt)
        return elements

    def _run_step(self, outcome: Outcome, elements: Batch, index: int, *, is_attempt: bool) -> Batch:
        """Return the outputs of a step. Raises what its function raises for the only element of an attempt."""
        step = self.pipeline.steps[index]
        results, failed = self._call_each(outcome, elements, index, is_attempt=is_attempt)
        if failed:
            elements = elements.take(sorted(set(range(len(elements))).difference(failed)))
        if results and not is_attempt:
            outcome.enter(step.name, len(results), elements.paths.positions())
        return outputs_of(step.kind, elements, results)

    def _call_each(
        self, outcome: Outcome, elements: Batch, index: int, *, is_attempt: bool
    ) -> tuple[list[Any], list[int]]:
        """Return what a step's function makes of each element, and the numbers of those for which it failed."""
        step, values = self.pipeline.steps[index], elements.values
        call_many = many(self.calls.by_step[index], where(step.plain))
        look, before = cutting_point(), FORKS[0]
        results: list[Any] = []
        failed: list[int] = []
        if not is_attempt and (attempt := attempt_here.get()) is not None:
            attempt.element = lambda: self._name_at(step, elements, len(results) + len(failed))
        at = 0
        while at < len(values):
            look()
            try:
                call_many(values[at : at + LOOK], results, before)
            except BaseException as error:
                if is_attempt or is_of_the_run(error):
                    raise
                if FORKS[0] != before:
                    end_fork(where(step.plain))
                at = len(results) + len(failed)
                failed.append(at)
                outcome.failed.append(self.failures.at_step(index, *elements[at], error))
            at = len(results) + len(failed)
        return results, failed

    @staticmethod
    def _name_at(step: Step, elements: Batch, at: int) -> str:
        """Return the name of an element at a step. Results come one by one, so their number says which element is run just now."""
        return f"{step.name}:{name_of(elements.paths[at])}" if at < len(elements) else ""


NOTHING = Batch.of(())


def outputs_of(kind: StepKind, elements: Batch, results: Sequence[Any]) -> Batch:
    """Return the outputs of a step, given what its function made of each element (``WHOLE``)."""
    if kind == "map":
        return Batch(elements.paths, results)
    if kind == "filter":
        return elements.take([number for number, is_kept in enumerate(results) if is_kept])
    return Batch(ChildPaths(elements.paths, list(map(len, results))), list(chain.from_iterable(results)))
