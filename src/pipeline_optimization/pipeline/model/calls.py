"""What a step calls for each element: its function, with all work done at once, and with what the function needs besides."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pipeline_optimization.pipeline.model.resources import Resources
from pipeline_optimization.pipeline.model.steps import Step, StepKind

__all__ = ["calls_of"]

Call = Callable[[Any], Any]

WHOLE: Mapping[StepKind, Callable[[Any], Any]] = {"filter": bool, "flat_map": list}
"""By kind of step, what has all work done at once that a function's result may still have to do: a generator would do it later, where nobody
minds errors, and where its resource may be closed."""


def calls_of(steps: Sequence[Step], resources: Resources) -> Sequence[Call]:
    """Return a function of one argument for each step, a coroutine function where the step's is one."""
    return [_call_async_of(step, resources) if step.is_async else _call_of(step, resources) for step in steps]


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

    async def call(value: Any) -> Any:
        if using is None:
            result = await function(value)
        else:
            async with resources.of_loop().using(using) as resource:
                result = await function(value, resource)
        return result if whole is None else whole(result)

    return call
