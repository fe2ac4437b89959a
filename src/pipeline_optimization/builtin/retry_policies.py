"""The retry policies ``none``, ``fixed`` and ``exponential``."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import repeat
from typing import TYPE_CHECKING

from attrs import define, frozen

from pipeline_optimization.types import ErrorRecord, NoOptions, option

if TYPE_CHECKING:
    from random import Random

__all__ = ["PERMANENT_ERRORS", "ExponentialOptions", "ExponentialPolicy", "FixedOptions", "FixedPolicy", "NoRetry"]

PERMANENT_ERRORS = frozenset(
    {
        "AssertionError",
        "AttributeError",
        "ImportError",
        "LexiconError",
        "ModuleNotFoundError",
        "NameError",
        "NotImplementedError",
        "SyntaxError",
        "TypeError",
    }
)
"""Errors that every attempt would meet again: mistakes in code, and missing data."""


@frozen(kw_only=True)
class RetryOptions:
    """The options of every policy that retries."""

    attempts: int = option(10, help="attempts for each item, the first one included", at_least=1)
    budget: int | None = option(None, help="retries in the whole run; none means no bound", at_least=0)
    deadline: float | None = option(
        None, help="seconds from an item's first attempt after which it is not retried; none means no bound", at_least=0
    )
    retry_after_cap: float = option(
        60.0, help="longest delay in seconds that an error may ask for, as HTTP's Retry-After does", at_least=0
    )


@frozen(kw_only=True)
class FixedOptions(RetryOptions):
    delay: float = option(0.1, help="seconds between two attempts", at_least=0)


@frozen(kw_only=True)
class ExponentialOptions(RetryOptions):
    base: float = option(0.1, help="upper bound of the first delay in seconds", at_least=0)
    factor: float = option(2.0, help="growth of the bound from attempt to attempt", at_least=1)
    cap: float = option(5.0, help="largest bound in seconds", at_least=0)


class NoRetry:
    """Every item has one attempt."""

    budget: int | None = 0
    deadline: float | None = None

    def __init__(self, options: NoOptions | None = None) -> None:
        pass

    def delays(self, rng: Random) -> Iterator[float]:
        return iter(())

    def retries(self, error: ErrorRecord) -> bool:
        return False


@define(eq=False)
class _Bounded:
    """What policies have in common whose options bound them: all errors are tried again that may pass."""

    _options: RetryOptions

    @property
    def budget(self) -> int | None:
        return self._options.budget

    @property
    def deadline(self) -> float | None:
        return self._options.deadline

    @property
    def retry_after_cap(self) -> float:
        return self._options.retry_after_cap

    def retries(self, error: ErrorRecord) -> bool:
        return error.type not in PERMANENT_ERRORS


@define(eq=False)
class FixedPolicy(_Bounded):
    """The same delay before every further attempt."""

    _options: FixedOptions

    def delays(self, rng: Random) -> Iterator[float]:
        return repeat(self._options.delay, self._options.attempts - 1)


@define(eq=False)
class ExponentialPolicy(_Bounded):
    """Full jitter: a uniform delay below a bound that grows up to a cap.

    The algorithm is "Full Jitter" of M. Brooker, "Exponential Backoff and Jitter", AWS Architecture Blog, 2015.
    """

    _options: ExponentialOptions

    def delays(self, rng: Random) -> Iterator[float]:
        options = self._options
        bound = options.base
        for _ in range(options.attempts - 1):
            yield rng.uniform(0.0, min(bound, options.cap))
            # The cap is applied each time, because an uncapped bound would overflow after a thousand attempts.
            bound = min(bound * options.factor, options.cap)
