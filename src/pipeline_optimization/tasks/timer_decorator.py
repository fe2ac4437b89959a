"""``@timer`` remembers how long a function's last call took."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from typing import ParamSpec, Protocol, TypeVar, cast

__all__ = ["TimedFunction", "timer", "timer_decorator"]

P = ParamSpec("P")
R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)


class TimedFunction(Protocol[P, R_co]):
    """A decorated function. ``runtime`` is the wall time of its last finished call in milliseconds, and 0 before the first."""

    runtime: float

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R_co: ...


def timer(function: Callable[P, R]) -> TimedFunction[P, R]:
    """Measure each call of a function, also one that raises. The result is returned unchanged."""

    @functools.wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        start = time.perf_counter()
        try:
            return function(*args, **kwargs)
        finally:
            timed.runtime = (time.perf_counter() - start) * 1000.0

    timed = cast("TimedFunction[P, R]", call)
    timed.runtime = 0.0
    return timed


timer_decorator = timer
"""The same decorator under the name that older files use."""
