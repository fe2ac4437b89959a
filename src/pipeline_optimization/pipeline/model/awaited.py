"""The elements of one attempt that are awaited at once, as many as there are places for.

Each call has a task of its own, so that its context variables, time limit and cancellation do not reach other calls. Steps that are not awaited run
between the calls, for all elements together that have come so far.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count
from time import monotonic
from typing import Any

from pipeline_optimization.engine.attempt_here import ElementHere, attempt_here
from pipeline_optimization.engine.cutting import cutting_point
from pipeline_optimization.engine.places import EventLoopHere
from pipeline_optimization.engine.stage import FORKS, end_fork, is_of_the_run
from pipeline_optimization.engine.waiting import metered
from pipeline_optimization.pipeline.model.batch import Batch, Placed
from pipeline_optimization.pipeline.model.elements import ElementPath, name_of
from pipeline_optimization.pipeline.model.passage import NOTHING, Passage
from pipeline_optimization.pipeline.model.paths import PathList
from pipeline_optimization.pipeline.model.time_slice import TimeSlice
from pipeline_optimization.tasks.callables import where

__all__ = ["Awaited", "call_apart"]

PATIENCE = 1.0
"""Seconds that cancelled coroutines have to end, after their attempt is over."""

AHEAD = 8
"""For every 8 elements that are awaited, one more is read before there is a place for it. So short steps can take several elements at once."""

Call = Callable[[Any], Any]


class Awaited:
    """The elements of an attempt on their way between coroutine functions.

    The attempt has one place from the beginning. It takes more places when they are free, and gives them back as soon as none of its elements waits
    for one.
    """

    def __init__(self, passage: Passage, here: EventLoopHere, time_slice: TimeSlice) -> None:
        runner = passage.runner
        steps, calls = runner.pipeline.steps, runner.calls.by_step
        indices = sorted((index for index in runner.awaited if index < passage.stop), reverse=True)
        timeouts = {index: steps[index].spec.timeout for index in indices}
        self._passage = passage
        self._places = here.places
        self._interruptible = here.interruptible
        self._time_slice = time_slice
        self._loop = asyncio.get_running_loop()
        self._calls: dict[int, Call] = {
            index: calls[index] if seconds is None else _within(calls[index], seconds)
            for index, seconds in timeouts.items()
        }
        # Later steps first, so that few elements are under way.
        self._waiting: dict[int, deque[Placed]] = {index: deque() for index in indices}
        self._done: dict[int, list[tuple[ElementPath, Any, Any]]] = {index: [] for index in indices}
        self._failed: list[tuple[int, ElementPath, Any, BaseException]] = []
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._numbers = count()
        self._held = 1
        self._is_open = True  # whether the input may have more elements
        self._is_ending = False
        self._torn: BaseException | None = None
        self._forks = FORKS[0]
        self._attempt = attempt_here.get()
        self._news = asyncio.Event()
        self._wake = self._news.set

    def put(self, index: int, elements: Batch) -> None:
        """Make elements wait for the function of a step."""
        if elements:
            self._waiting[index].extend(elements)

    def most(self) -> int:
        """Return how many elements to read at once."""
        return max(1, self._held // AHEAD, self._held - len(self._tasks) + self._places.free)

    async def run(self, blocks: Iterator[Batch]) -> None:
        """Run all elements that were put here, and all of ``blocks``, to their end. Raises what a signal or the end of the run raises."""
        look = cutting_point()
        try:
            while True:
                look()
                self._settle()
                self._fill(blocks)
                if not self._tasks:
                    return
                await self._news.wait()
                self._news.clear()
                if self._torn is not None:
                    raise self._torn
        finally:
            await self._end()

    def _settle(self) -> None:
        """Process the results that have come since the last time."""
        passage, failures = self._passage, self._passage.runner.failures
        for index, done in self._done.items():
            if done:
                self._done[index] = []
                paths, values, results = (list(column) for column in zip(*done, strict=True))
                with self._interruptible():
                    outputs = passage.outputs(Batch(PathList(paths), values), index, results)
                    found = passage.advance(outputs, index + 1)
                self.put(*found)
        for index, path, value, error in self._failed:
            if isinstance(error, _LateError):
                failed = failures.late(index, path, value, error.how)
            else:
                failed = failures.at_step(index, path, value, error)
            passage.outcome.failed.append(failed)
        self._failed.clear()

    def _fill(self, blocks: Iterator[Batch]) -> None:
        """Start calls for as many elements as there are places, and read more elements if places are free."""
        if self._places.has_waiting_single:
            self._give_back()
        while self._start_waiting() and self._is_open and self._has_place:
            self._time_slice.resume()
            with self._interruptible():
                block = next(blocks, NOTHING)
                found = self._passage.advance(block, 0)
            self.put(*found)
            self._time_slice.note(len(block))
            self._is_open = len(block) > 0
        if self._is_open or any(self._waiting.values()):
            self._places.want(self._wake)
        else:
            self._places.want_no_more(self._wake)
            self._give_back()

    def _start_waiting(self) -> bool:
        """Start calls. Return whether no element waits for a place any more."""
        for index, waiting in self._waiting.items():
            while waiting:
                if len(self._tasks) >= self._held:
                    if not self._places.try_to_take():
                        return False
                    self._held += 1
                number = next(self._numbers)
                call = metered(partial(self._call, number, index, *waiting.popleft()))
                self._tasks[number] = self._loop.create_task(call)
        return True

    @property
    def _has_place(self) -> bool:
        return len(self._tasks) < self._held or (self._places.free > 0 and not self._places.has_waiting_single)

    def _give_back(self) -> None:
        while self._held > max(1, len(self._tasks)):
            self._held -= 1
            self._places.give_back()

    async def _call(self, number: int, index: int, path: ElementPath, value: Any) -> None:
        if self._attempt is not None:  # this task has a context of its own, so other calls do not see it
            step = self._passage.runner.pipeline.steps[index]
            attempt_here.set(ElementHere(self._attempt, lambda: f"{step.name}:{name_of(path)}"))
        try:
            result = await self._calls[index](value)
        except BaseException as error:  # noqa: BLE001 - SystemExit, too, would end the event loop
            if self._is_ending:
                return
            if is_of_the_run(error):
                self._torn = error
            else:
                self._failed.append((index, path, value, error))
        else:
            self._done[index].append((path, value, result))
        self._passage.note_awaited(index)
        if FORKS[0] != self._forks:
            end_fork(where(self._passage.runner.pipeline.steps[index].plain))
        del self._tasks[number]
        self._wake()

    async def _end(self) -> None:
        """Cancel calls that are under way, and give places back."""
        self._is_ending = True
        tasks, self._tasks = self._tasks, {}
        for task in tasks.values():
            task.cancel()
        if tasks:
            await asyncio.wait(tasks.values(), timeout=PATIENCE)
        self._places.want_no_more(self._wake)
        self._give_back()


async def call_apart(call: Call, value: Any, note: Callable[[], None]) -> Any:
    """Call a coroutine function in a task of its own. If it cancels its task, it cancels nothing else.

    ``note`` is called in that task at its end.
    """

    async def caught() -> tuple[Any, BaseException | None]:
        try:
            return await call(value), None
        except BaseException as error:  # noqa: BLE001 - as above
            return None, error
        finally:
            note()

    result, error = await asyncio.get_running_loop().create_task(metered(caught))
    if error is not None:
        raise error
    return result


class _LateError(Exception):
    """A call took longer than its step's time limit. ``how`` says what became of it."""

    def __init__(self, how: str) -> None:
        super().__init__(how)
        self.how = how


def _within(call: Call, seconds: float) -> Call:
    """Return a function that calls another one and cancels it after ``seconds``. A call that takes longer has timed out, whatever its outcome."""

    async def call_within(value: Any) -> Any:
        limit, began = asyncio.timeout(seconds), monotonic()
        try:
            async with limit:
                return await call(value)
        finally:
            took = monotonic() - began
            if limit.expired():
                raise _LateError("it was ended")
            if took > seconds:
                raise _LateError(f"it took {took:.3g} s")

    return call_within
