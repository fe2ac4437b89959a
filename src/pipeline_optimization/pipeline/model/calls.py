"""What a step calls for each element: its function, with all work done at once, and with what the function needs besides."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MethodDescriptorType
from typing import TYPE_CHECKING, Any

from pipeline_optimization.engine.stage import FORKS, UNDER_WAY, end_fork
from pipeline_optimization.pipeline.model.resources import Resources
from pipeline_optimization.pipeline.model.steps import Step, StepKind

if TYPE_CHECKING:
    from pipeline_optimization.pipeline.model.caching import Caches, Plans

__all__ = ["Calls", "many"]

Call = Callable[[Any], Any]

CallMany = Callable[[Sequence[Any], list[Any], int], None]
"""Appends what a function makes of each value to a list. The number is that of the forks before, since a child goes on as its parent does."""

WHOLE: Mapping[StepKind, Callable[[Any], Any]] = {"filter": bool, "flat_map": list}
"""By kind of step, what has all work done at once that a function's result may still have to do: a generator would do it later, where nobody
minds errors, and where its resource may be closed."""


class Calls:
    """What the steps of a pipeline call in a worker, and what these calls have open.

    ``by_step`` has a function of one argument for each step, a coroutine function where the step's is one.
    """

    def __init__(self, steps: Sequence[Step], plans: Plans) -> None:
        self.resources = resources = Resources()
        self.by_step: Sequence[Call] = [
            _call_async_of(step, resources) if step.is_async else _call_of(step, resources) for step in steps
        ]
        self.caches: Caches | None = None
        if plans:
            from pipeline_optimization.pipeline.model.caching import Caches  # noqa: PLC0415 - SQLite, for such pipelines only

            self.caches = Caches(steps, plans)
            self.by_step = self.caches.remembering(self.by_step)

    def close(self) -> None:
        self.resources.close()
        if self.caches is not None:
            self.caches.close()

    async def close_async(self) -> None:
        await self.resources.close_async()
        self.close()


def _call_of(step: Step, resources: Resources) -> Call:
    function: Callable[..., Any] = step.plain
    whole, using = WHOLE.get(step.kind), step.spec.using
    if using is not None:

        def call_with(value: Any) -> Any:
            with resources.using(using) as resource:
                result = function(value, resource)
                return result if whole is None else whole(result)

        return call_with
    return function if whole is None else lambda value: whole(function(value))


def _call_async_of(step: Step, resources: Resources) -> Call:
    function: Callable[..., Any] = step.plain
    whole, using = WHOLE.get(step.kind), step.spec.using
    if whole is None and using is None:
        return function

    async def call(value: Any) -> Any:
        if using is None:
            result = await function(value)
        else:
            async with resources.of_loop().using(using) as resource:
                result = await function(value, resource)
        return result if whole is None else whole(result)

    return call


def many(call: Call, who: str) -> CallMany:
    """Return what calls a function for one value after the other; ``who`` says for people what it is."""

    def call_all(values: Sequence[Any], results: list[Any], before: int) -> None:
        start = len(results)
        results.extend(map(call, values))  # which leaves there what came before an error
        if (number := len(results) - start) < len(values):
            call(values[number])  # a StopIteration, which only ended the loop
            raise StopIteration

    def call_each(values: Sequence[Any], results: list[Any], before: int) -> None:
        # A child would fork at the next element again, so it must find none. To look after each call takes a quarter of a short function's time.
        left, stopped = list(values), list[StopIteration]()
        UNDER_WAY[id(left)] = left
        try:
            results.extend(_outputs(call, left, stopped))
        finally:
            del UNDER_WAY[id(left)]
        if FORKS[0] != before:
            end_fork(who)
        if stopped:
            raise stopped[0]

    return call_all if _is_forkless(call) else call_each


def _outputs(call: Call, values: Sequence[Any], stopped: list[StopIteration]) -> Iterator[Any]:
    """Yield what a function makes of each value, up to one for which it raises StopIteration, which no generator can hand on."""
    try:
        for value in values:
            yield call(value)
    except StopIteration as error:
        stopped.append(error)


def _is_forkless(function: Call) -> bool:
    """Return whether a function is one of Python's own types or their methods, such as ``int`` and ``str.lower``, which make no process."""
    if isinstance(function, MethodDescriptorType):
        return function.__objclass__.__module__ == "builtins"
    return isinstance(function, type) and function.__module__ == "builtins"
