"""The way of an attempt's elements through the steps. Each function is called for each element, and elements that fail are put aside.

If an element fails while others run with it, it is reported with its error, and the parent has it tried again alone, from the step that failed. If it
runs alone, its attempt fails, as with any task.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from attrs import define, field

from pipeline_optimization.engine.attempt_here import attempt_here
from pipeline_optimization.engine.cutting import cutting_point
from pipeline_optimization.engine.stage import FORKS, Bundled, end_fork, is_of_the_run
from pipeline_optimization.engine.waiting import turns_here
from pipeline_optimization.errors import UnsendableError
from pipeline_optimization.pipeline.model.batch import Batch, Joined
from pipeline_optimization.pipeline.model.calls import Calls, many
from pipeline_optimization.pipeline.model.codec import Codec
from pipeline_optimization.pipeline.model.elements import name_of, position
from pipeline_optimization.pipeline.model.failures import ElementFailures
from pipeline_optimization.pipeline.model.outcome import Failed, Outcome
from pipeline_optimization.pipeline.model.paths import ChildPaths
from pipeline_optimization.pipeline.model.steps import CompletePipeline, Step, StepKind
from pipeline_optimization.pipeline.model.subtotal import Subtotal
from pipeline_optimization.tasks.callables import where

if TYPE_CHECKING:
    from pipeline_optimization.pipeline.model.step_times import StepTimes

__all__ = ["NOTHING", "Passage", "StepRunner", "outputs_of", "stop_of"]

LOOK = 4096
"""The most calls between two checks of whether the run is over."""

NOTHING = Batch.of(())


def stop_of(steps: Sequence[Step], alone: frozenset[int], first: int, *, is_item: bool) -> int:
    """Return the step at which an attempt stops, because elements enter that step alone. It is the number of steps if the attempt goes to the end.

    Args:
        steps: All steps.
        alone: The numbers of the steps that elements enter one by one.
        first: The step at which the attempt begins.
        is_item: Whether the attempt is one element's, at that step. If the step has a ``timeout``, that is the attempt's, so it goes no further.
    """
    if is_item and first < len(steps) and steps[first].spec.timeout is not None:
        return first + 1
    return next((index for index in range(first + is_item, len(steps)) if index in alone), len(steps))


@define(eq=False, repr=False)
class StepRunner:
    """Runs the steps of a pipeline in a worker. Elements enter the steps ``alone`` one by one; the steps ``awaited`` are coroutine functions."""

    pipeline: CompletePipeline[Any, Any]
    alone: frozenset[int]
    codec: Codec
    totals: Codec
    calls: Calls
    awaited: frozenset[int] = field(init=False)
    failures: ElementFailures = field(init=False)
    _stops: dict[tuple[int, bool], int] = field(init=False, factory=dict)

    def __attrs_post_init__(self) -> None:
        self.awaited = frozenset(index for index, step in enumerate(self.pipeline.steps) if step.is_async)
        self.failures = ElementFailures(self.pipeline, self.codec)

    def element(self, data: bytes) -> Batch:
        """Return the element of an attempt of its own. Raises UnsendableError if it has no bytes (``Failed.data``)."""
        if not data:
            raise UnsendableError(
                "it failed after its function had returned, and what the function was given is not kept, so it cannot be tried again alone; "
                "mend the function, and start anew with another checkpoint"
            )
        return Batch.of([self.codec.decode(data)])

    def passage(self, first: int, *, is_item: bool) -> Passage:
        """Return the way of one attempt's elements, from a step on."""
        stop = self._stops.get((first, is_item))
        if stop is None:  # cached, because each attempt asks
            stop = self._stops[first, is_item] = stop_of(self.pipeline.steps, self.alone, first, is_item=is_item)
        attempt = attempt_here.get()
        times = None
        # The only step of an element's attempt takes what the attempt takes.
        if attempt is not None and attempt.is_timed and stop > first + is_item:
            from pipeline_optimization.pipeline.model.step_times import StepTimes  # noqa: PLC0415 - for runs that are timed

            times = StepTimes()
        return Passage(self, first + is_item, stop, is_item, times)


@define(eq=False, repr=False)
class Passage:
    """The way of one attempt's elements to before step ``stop``, what became of them, and what each step took if that is timed.

    ``counted_from`` is the first step whose calls the outcome counts. ``is_item``: it is the attempt of a single element, whose call at the step
    before that the engine counts.
    """

    runner: StepRunner
    counted_from: int
    stop: int
    is_item: bool
    times: StepTimes | None = None
    outcome: Outcome = field(factory=Outcome)
    _subtotal: Subtotal = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._subtotal = Subtotal(self.runner.failures, self.runner.totals)

    def advance(self, elements: Batch, first: int, *, is_first: bool = False) -> tuple[int, Batch]:
        """Take elements from a step on until a step must be awaited, or to the end.

        Args:
            elements: The elements.
            first: The step.
            is_first: Whether this is an attempt at the only element. Then an error at the first step fails the attempt, and the engine counts the
                call.

        Returns:
            The number of the step that must be awaited and the elements for it. There are none at the end.
        """
        runner = self.runner
        for index in range(first, self.stop):
            if not elements:
                return index, NOTHING
            if index in runner.awaited:
                return index, elements
            elements = self._run_step(elements, index, is_attempt=is_first and index == first)
        if self.stop == len(runner.pipeline.steps):
            self._subtotal.add(elements)
        else:
            self._leave(elements)
        return self.stop, NOTHING

    def _leave(self, elements: Batch) -> None:
        """Put elements aside, to go on in attempts of their own."""
        for path, value in elements:
            one = self.runner.failures.waiting(self.stop, path, value)
            if isinstance(one, Failed):
                self._fail_after_call(one)
            else:
                self.outcome.waiting.append(one)

    def _fail_after_call(self, failed: Failed) -> None:
        """Note an element whose last step returned, but a value with which nobody can go on: the call counts as failed, and not as done as well.

        An output of ``flat_map`` is an element of its own. It fails without the call, whose other outputs go on.
        """
        made = self.stop - 1
        if made >= self.counted_from and self.runner.pipeline.steps[made].kind != "flat_map":
            self.outcome.take_back(self.runner.pipeline.steps[made].name, position(failed.path))
        self.outcome.failed.append(failed)

    def merging(self) -> float:
        """Return the seconds that the parent will probably take to merge the total."""
        return self._subtotal.merging()

    def finish(self) -> Bundled:
        """Return the outcome of all elements for the parent, with what the caches did meanwhile."""
        for failed in self._subtotal.finish(self.outcome):
            self._fail_after_call(failed)
        caches = self.runner.calls.caches
        if caches is not None:
            self.outcome.remembered = caches.take()
        bundled = self.outcome.to_bundled()
        times = () if self.times is None else self.times.found()
        return bundled._replace(steps=times) if len(times) > self.is_item else bundled

    def _run_step(self, elements: Batch, index: int, *, is_attempt: bool) -> Batch:
        """Return the outputs of a step. Raises what its function raises for the only element of an attempt."""
        times, calls = self.times, len(elements)
        begun = None if times is None else times.begin()
        results, failed = self._call_each(elements, index, is_attempt=is_attempt)
        if failed:
            elements = elements.take(sorted(set(range(len(elements))).difference(failed)))
        outputs = self.outputs(elements, index, results, is_attempt=is_attempt)
        if times is not None and begun is not None:
            times.end(self.runner.pipeline.steps[index].name, calls, begun)
        return outputs

    def outputs(self, elements: Batch, index: int, results: Sequence[Any], *, is_attempt: bool = False) -> Batch:
        """Return the outputs of a step after its function was called for all these elements, and count the calls."""
        step = self.runner.pipeline.steps[index]
        if results and not is_attempt:
            self.outcome.enter(step.name, len(results), elements.paths.positions())
        return outputs_of(step.kind, elements, results)

    def note_awaited(self, index: int) -> None:
        """Note what a call of a step's function took, in the task of its own that awaits it."""
        turns = turns_here.get()
        if self.times is not None and turns is not None:
            self.times.add_awaited(self.runner.pipeline.steps[index].name, *turns.so_far())

    def _call_each(self, elements: Batch, index: int, *, is_attempt: bool) -> tuple[list[Any], list[int]]:
        """Call a step's function for each element. Return the results, and the numbers of the elements for which it failed."""
        runner, values = self.runner, elements.values
        step = runner.pipeline.steps[index]
        call_many = many(runner.calls.by_step[index], where(step.plain))
        look, before = cutting_point(), FORKS[0]
        results: list[Any] = []
        failed: list[int] = []
        if not is_attempt and (attempt := attempt_here.get()) is not None:
            attempt.element = lambda: _name_at(step, elements, len(results) + len(failed))
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
                self.outcome.failed.append(runner.failures.at_step(index, *elements[at], error))
            at = len(results) + len(failed)
        return results, failed


def _name_at(step: Step, elements: Batch, at: int) -> str:
    """Return the name of an element at a step. Results come one by one, so their number says which element is being run."""
    return f"{step.name}:{name_of(elements.paths[at])}" if at < len(elements) else ""


def outputs_of(kind: StepKind, elements: Batch, results: Sequence[Any]) -> Batch:
    """Return the outputs of a step, given the results of its function. They are complete lists already, as ``WHOLE`` makes them."""
    if kind == "map":
        return Batch(elements.paths, results)
    if kind == "filter":
        return elements.take([number for number, is_kept in enumerate(results) if is_kept])
    lengths = list(map(len, results))
    return Batch(ChildPaths(elements.paths, lengths), Joined(results, lengths))
