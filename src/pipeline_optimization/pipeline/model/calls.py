"""The call that a step makes for each element: its function, with its resource, and with all of its work done at once."""

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
"""Appends the function's result for each value to a list. The number is the count of forks before, by which a forked child is noticed."""

WHOLE: Mapping[StepKind, Callable[[Any], Any]] = {"filter": bool, "flat_map": list}
"""The functions that complete a function's result, by the kind of step. A generator, for example, would do its work later, where errors are not
caught and its resource may be closed."""


class Calls:
    """The functions that the steps of a pipeline call in a worker, and the resources of these calls.

    Attributes:
        by_step: A function of one argument for each step. It is a coroutine function if the step's is one.
        resources: What the calls have open.
        caches: The caches of steps that have one.
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
    """Return a function that calls another one for each value. ``who`` names it for people."""

    def call_all(values: Sequence[Any], results: list[Any], before: int) -> None:
        start = len(results)
        results.extend(map(call, values))  # if a call raises, the results before it stay in the list
        if (number := len(results) - start) < len(values):
            call(values[number])  # the call raised StopIteration, which only ended the loop: raise it for real
            raise StopIteration

    def call_each(values: Sequence[Any], results: list[Any], before: int) -> None:
        # A forked child would fork again at the next element, so it must find no elements. Checking for a fork after each call would add a quarter to
        # the time of a short function.
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
    """Yield a function's result for each value, up to one for which it raises StopIteration. A generator cannot raise that."""
    try:
        for value in values:
            yield call(value)
    except StopIteration as error:
        stopped.append(error)


def _is_forkless(function: Call) -> bool:
    """Return whether a function is a type of Python's own or a method of one, such as ``int`` and ``str.lower``. Those start no process."""
    if isinstance(function, MethodDescriptorType):
        return function.__objclass__.__module__ == "builtins"
    return isinstance(function, type) and function.__module__ == "builtins"
