"""What a worker does with a bundle: it calls each function for each element, and keeps those apart that fail.

A bundle is a part of the input, or one element on its way. An element that fails in company is reported with its error, and the parent
has it tried again alone, from the step that failed; one that is alone fails its attempt, as any task does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain
from typing import Any

from attrs import define, frozen

from pipeline_optimization.engine.cutting import cutting_point
from pipeline_optimization.engine.stage import FORKS, Bundled, Stage, end_fork, is_of_the_run
from pipeline_optimization.engine.wire import Done
from pipeline_optimization.errors import InputError
from pipeline_optimization.pipeline.model.batch import Batch, PathList
from pipeline_optimization.pipeline.model.blame import failure_of, shown, unsendable, where
from pipeline_optimization.pipeline.model.calls import calls_of
from pipeline_optimization.pipeline.model.codec import PLAIN, Codec
from pipeline_optimization.pipeline.model.elements import ElementPath, child
from pipeline_optimization.pipeline.model.outcome import Failed, Outcome, Waiting
from pipeline_optimization.pipeline.model.parts import decode_contents
from pipeline_optimization.pipeline.model.resources import Closing, Resources
from pipeline_optimization.pipeline.model.steps import CompletePipeline, Step, StepKind
from pipeline_optimization.pipeline.model.surroundings import restoring, working_directory
from pipeline_optimization.types import ErrorRecord

__all__ = ["build_stages", "outputs_of"]

LOOK = 256
"""Calls between two questions whether the run is over."""


def build_stages(
    pipeline: CompletePipeline[Any, Any], alone: frozenset[int], codec: Codec, home: str = ""
) -> Mapping[str, Stage]:
    """Return what runs in a worker, by task name: the input's, and each step's.

    Elements enter the steps ``alone`` one by one. ``codec`` is that of elements on their way, and of totals. Names of files are
    relative to ``home``.
    """
    resources = Resources()
    calls = calls_of(pipeline.steps, resources)
    runner = _Runner(pipeline, alone, codec, home, working_directory(), calls, resources)
    stages: dict[str, Stage] = {pipeline.input.task: Closing(runner.run_part, resources)}
    for index, step in enumerate(pipeline.steps):
        stages[step.name] = (_AsyncFrom if step.is_async else _From)(runner, index, step)
    stages[pipeline.delivery] = runner.run_end
    return stages


@frozen
class _From:
    """Runs one element from a step on."""

    runner: _Runner
    index: int
    step: Step

    def __call__(self, data: bytes) -> Bundled:
        with restoring(self.runner.directory):
            return self.runner.run(Batch.of([self.runner.codec.decode(data)]), self.index, is_alone=True).to_bundled()

    def describe(self, error: BaseException) -> ErrorRecord:
        return failure_of(self.step.plain, error, self.step.spec.permanent)


class _AsyncFrom(_From):
    """Does the same where the step's function is a coroutine function: in an event loop, or in a loop of its own.

    A loop of its own has nobody who would cancel a coroutine that takes longer than the step's ``timeout``, so it does so itself. An
    attempt that took longer has timed out, whatever it raised.
    """

    def __call__(self, data: bytes) -> Bundled:
        from pipeline_optimization.pipeline.model.own_loop import run_to_end  # noqa: PLC0415 - asyncio, for such pipelines only

        run = run_to_end if self.step.spec.using is None else self.runner.resources.run
        return run(lambda: self.run_async(data), self.step.spec.timeout)

    async def run_async(self, data: bytes) -> Bundled:
        path, value = self.runner.codec.decode(data)
        with restoring(self.runner.directory):
            results = [await self.runner.calls[self.index](value)]
            passed = outputs_of(self.step.kind, Batch.of([(path, value)]), results)
            return self.runner.run(passed, self.index + 1, is_alone=False).to_bundled()


@define(eq=False)
class _Runner:
    pipeline: CompletePipeline[Any, Any]
    alone: frozenset[int]
    codec: Codec
    home: str
    directory: str
    calls: Sequence[Callable[[Any], Any]]
    resources: Resources

    def run_part(self, data: bytes) -> Bundled:
        try:
            read = decode_contents(data, self.home).read()
        except InputError as error:
            return Outcome(unreadable=(error.source, str(error))).to_bundled()
        with restoring(self.directory):
            outcome = self.run(read.elements, 0, is_alone=False)
        outcome.elements = len(read.elements)
        outcome.invalid_bytes, outcome.looks = read.invalid_bytes, read.looks
        return outcome.to_bundled()

    def run_end(self, data: bytes) -> Bundled:
        """Take one value to the end, which is behind all steps."""
        with restoring(self.directory):
            return self.run(Batch.of([self.codec.decode(data)]), len(self.pipeline.steps), is_alone=True).to_bundled()

    def run(self, elements: Batch, first: int, *, is_alone: bool) -> Outcome:
        """Run elements from a step to the end, or to a step that they enter alone.

        ``is_alone``: the only element fails its attempt if it fails at the first step, and the engine enters that attempt.
        """
        outcome = Outcome()
        for index in range(first, len(self.pipeline.steps)):
            if not elements:
                return outcome
            is_first = is_alone and index == first
            if index in self.alone and not is_first:
                self._wait(outcome, elements, index)
                return outcome
            elements = self._run_step(outcome, elements, index, is_first=is_first)
        self._end(outcome, elements)
        return outcome

    def _run_step(self, outcome: Outcome, elements: Batch, index: int, *, is_first: bool) -> Batch:
        """Return the outputs of a step. Raises what its function raises for the only element of an attempt."""
        step = self.pipeline.steps[index]
        results, failed = self._call_each(outcome, elements, index, is_first=is_first)
        if failed:
            elements = elements.take(sorted(set(range(len(elements))).difference(failed)))
        if results and not is_first:
            outcome.done.append(Done(step.name, len(results), elements.paths.positions()))
        return outputs_of(step.kind, elements, results)

    def _call_each(
        self, outcome: Outcome, elements: Batch, index: int, *, is_first: bool
    ) -> tuple[list[Any], list[int]]:
        """Return what a step's function makes of each element, and the numbers of those for which it failed."""
        step, function, values = self.pipeline.steps[index], self.calls[index], elements.values
        look, forks, before = cutting_point(), FORKS, FORKS[0]
        results: list[Any] = []
        failed: list[int] = []
        at = 0
        while at < len(values):
            look()
            try:
                for value in values[at : at + LOOK]:
                    result = function(value)
                    if forks[0] != before:  # at once, as the child would fork at the next element again
                        end_fork(where(step.plain))
                    results.append(result)
            except BaseException as error:
                if is_first or is_of_the_run(error):
                    raise
                if forks[0] != before:
                    end_fork(where(step.plain))
                at = len(results) + len(failed)
                failed.append(at)
                self._fail(outcome, index, *elements[at], error)
            at = len(results) + len(failed)
        return results, failed

    def _end(self, outcome: Outcome, elements: Batch) -> None:
        end = self.pipeline.end
        try:
            outcome.total = self.codec.encode(end.add(end.zero(), elements))
        except BaseException as error:
            if is_of_the_run(error) or not elements:
                raise
            if len(elements) == 1:
                outcome.failed.append(self._endless(*elements[0], error))
            else:
                self._end_one_by_one(outcome, elements)

    def _end_one_by_one(self, outcome: Outcome, elements: Batch) -> None:
        """Add elements of which one cannot be added, which the others must not pay for."""
        end = self.pipeline.end
        total = self.codec.encode(end.zero())
        for element in elements:
            alone = Outcome()
            self._end(alone, Batch.of([element]))
            outcome.failed += alone.failed
            if alone.total is None:
                continue
            try:
                total = self.codec.encode(end.merge(self.codec.decode(total), self.codec.decode(alone.total)))
            except BaseException as error:
                if is_of_the_run(error):
                    raise
                outcome.failed.append(self._endless(*element, error))
        outcome.total = total

    def _endless(self, path: ElementPath, value: Any, error: BaseException) -> Failed:
        """Return the failure of an element that the end could not add, at the step that made it."""
        index = len(self.pipeline.steps)
        if not index:
            raise error
        if self._encoded(value) is None:
            return self._unsendable(index, path, value, error)
        record = failure_of(self.pipeline.steps[-1].plain, error, (BaseException,))
        return Failed(index - 1, path, b"", shown(value), record)

    def _encoded(self, value: Any) -> bytes | None:
        """Return a value as bytes, None where that cannot be: a user's object may raise anything when it is pickled."""
        try:
            return self.codec.encode(value)
        except BaseException as error:
            if is_of_the_run(error):
                raise
            return None

    def _wait(self, outcome: Outcome, elements: Iterable[tuple[ElementPath, Any]], index: int) -> None:
        for path, value in elements:
            try:
                outcome.waiting.append(Waiting(index, path, self.codec.encode((path, value)), shown(value)))
            except BaseException as error:
                if is_of_the_run(error):
                    raise
                outcome.failed.append(self._unsendable(index, path, value, error))

    def _fail(self, outcome: Outcome, index: int, path: ElementPath, value: Any, error: BaseException) -> None:
        step, data = self.pipeline.steps[index], self._encoded((path, value))
        # Nobody can try again with what cannot be sent.
        permanent = step.spec.permanent if data is not None else (BaseException,)
        outcome.failed.append(Failed(index, path, data or b"", shown(value), failure_of(step.plain, error, permanent)))

    def _unsendable(self, index: int, path: ElementPath, value: Any, error: BaseException) -> Failed:
        """Return the failure of the step before ``index``, which returned what no other process can be sent."""
        makers = [step.plain for step in self.pipeline.steps[:index]]
        use = "sent to another process" if self.codec is not PLAIN else "kept in a checkpoint"
        return Failed(max(0, index - 1), path, b"", shown(value), unsendable(makers, shown(value), error, use))


def outputs_of(kind: StepKind, elements: Batch, results: Sequence[Any]) -> Batch:
    """Return the outputs of a step, given what its function made of each element (``WHOLE``)."""
    if kind == "map":
        return Batch(elements.paths, results)
    if kind == "filter":
        return elements.take([number for number, is_kept in enumerate(results) if is_kept])
    children = [
        child(path, number)
        for path, outputs in zip(elements.paths, results, strict=True)
        for number in range(len(outputs))
    ]
    return Batch(PathList(children), list(chain.from_iterable(results)))
