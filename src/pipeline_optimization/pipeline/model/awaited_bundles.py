"""Bundles of pipelines whose steps are coroutine functions. A worker runs them in its orchestrator's event loop, or in a loop of its own."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable, Mapping
from functools import partial
from typing import Any

from attrs import frozen

from pipeline_optimization.engine.places import EventLoopHere, Places, event_loop_here
from pipeline_optimization.engine.stage import Bundled, Stage
from pipeline_optimization.pipeline.model.awaited import Awaited, call_apart
from pipeline_optimization.pipeline.model.bundles import From, PartOfInput
from pipeline_optimization.pipeline.model.own_loop import run_to_end
from pipeline_optimization.pipeline.model.passage import StepRunner, stop_of
from pipeline_optimization.pipeline.model.process_state import restoring
from pipeline_optimization.pipeline.model.time_slice import AWAITING, awaited_slice

__all__ = ["awaited_stages"]

Run = Callable[[Callable[[], Coroutine[Any, Any, Bundled]], "float | None"], Bundled]


def awaited_stages(part: PartOfInput, items: Iterable[From], at_once: int) -> Mapping[str, Stage]:
    """Return new stages, by task name, for all attempts in which something is awaited."""
    runner, directory = part.runner, part.directory
    stages: dict[str, Stage] = {}
    if (run := _run_of(runner, 0, is_item=False)) is not None:
        stages[runner.pipeline.input.task] = AwaitedPart(
            runner, directory, part.home, part.is_timed, AWAITING, run, at_once
        )
    for item in items:
        if (run := _run_of(runner, item.index, is_item=True)) is not None:
            stages[item.step.name] = AwaitedFrom(runner, directory, item.index, item.step, run, at_once)
    return stages


def _run_of(runner: StepRunner, first: int, *, is_item: bool) -> Run | None:
    """Return the function that runs an attempt in an event loop of the worker's own, or None if the attempt awaits nothing."""
    steps = runner.pipeline.steps
    stop = stop_of(steps, runner.alone, first, is_item=is_item)
    awaited = [steps[index] for index in range(first, stop) if index in runner.awaited]
    if not awaited:
        return None
    # Resources must stay open between attempts, so they need a loop that lives as long as its thread.
    return run_to_end if all(step.spec.using is None for step in awaited) else runner.calls.resources.run


def _own_loop(at_once: int) -> EventLoopHere:
    return EventLoopHere(Places(at_once - 1))  # the attempt has one place already


def _this_loop() -> EventLoopHere:
    return event_loop_here.get() or _own_loop(1)


@frozen(eq=False, repr=False)
class AwaitedPart(PartOfInput):
    """Runs a part of the input through steps, some of which are awaited, with several elements at once."""

    run: Run
    at_once: int

    def __call__(self, data: bytes) -> Bundled:
        return self.run(lambda: self._run(data, _own_loop(self.at_once)), None)

    async def run_async(self, data: bytes) -> Bundled:
        return await self._run(data, _this_loop())

    async def _run(self, data: bytes, here: EventLoopHere) -> Bundled:
        passage, time_slice = self.runner.passage(0, is_item=False), awaited_slice(self.quantum)
        with restoring(self.directory):
            awaited = Awaited(passage, here, time_slice)
            await awaited.run(self.blocks(self.contents(data), passage.outcome, time_slice, awaited.most))
            time_slice.resume()
            return self.finish(passage, time_slice)


@frozen(eq=False, repr=False)
class AwaitedFrom(From):
    """Runs one element from a step on, if that step or a later one is awaited.

    In a loop of the worker's own, no orchestrator cancels a coroutine that takes longer than the step's ``timeout``, so this class does. An attempt
    that took longer has timed out, whatever it raised.
    """

    run: Run
    at_once: int

    def __call__(self, data: bytes) -> Bundled:
        return self.run(lambda: self._run(data, _own_loop(self.at_once)), self.step.spec.timeout)

    async def run_async(self, data: bytes) -> Bundled:
        return await self._run(data, _this_loop())

    async def _run(self, data: bytes, here: EventLoopHere) -> Bundled:
        runner, index = self.runner, self.index
        with restoring(self.directory):
            element = runner.element(data)
            passage = runner.passage(index, is_item=True)
            if index in runner.awaited:
                results = [
                    await call_apart(
                        runner.calls.by_step[index], element.values[0], partial(passage.note_awaited, index)
                    )
                ]
                outputs = passage.outputs(element, index, results, is_attempt=True)
                with here.interruptible():
                    at, left = passage.advance(outputs, index + 1)
            else:
                with here.interruptible():
                    at, left = passage.advance(element, index, is_first=True)
            if left:
                awaited = Awaited(passage, here, awaited_slice(AWAITING))
                awaited.put(at, left)
                await awaited.run(iter(()))
            return passage.finish()
