"""Checks of retry policies."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice

from pipeline_optimization.testing.checks import Check, CheckFailedError, require
from pipeline_optimization.testing.component_checks import REGISTRATION_CHECKS
from pipeline_optimization.testing.subject import Subject
from pipeline_optimization.types import ErrorRecord, RetryPolicy

__all__ = ["RETRY_POLICY_CHECKS"]

RetryPolicySubject = Subject[RetryPolicy]

LOOK = 200
LONGEST = 10_000
ERRORS = tuple(
    ErrorRecord(type=kind, message=message, injected=kind == "InjectedFault")
    for kind in ("InjectedFault", "ValueError", "TypeError", "OSError", "TimeoutError", "some.library.OddError", "")
    for message in ("", "oops")
)


@contextmanager
def _no_sleep() -> Iterator[None]:
    """Fail the check if something sleeps."""

    def refuse(seconds: object) -> None:
        raise CheckFailedError(f"It slept {seconds} s itself; the engine does the waiting.")

    sleep, time.sleep = time.sleep, refuse
    try:
        yield
    finally:
        time.sleep = sleep


def _delays(policy: RetryPolicy, seed: int = 1) -> list[float]:
    with _no_sleep():
        return list(islice(policy.delays(random.Random(seed)), LOOK))  # noqa: S311 - delays, not secrets


def bounds_are_valid(subject: RetryPolicySubject) -> None:
    """``budget`` is None or a whole number, ``deadline`` is None or seconds, and neither is negative."""
    policy = subject.make()
    budget: object = policy.budget
    deadline: object = policy.deadline
    require(budget is None or (isinstance(budget, int) and budget >= 0), f"budget is {budget!r}.")
    require(deadline is None or (isinstance(deadline, int | float) and deadline >= 0), f"deadline is {deadline!r}.")


def delays_are_valid(subject: RetryPolicySubject) -> None:
    """Delays are seconds, finite and not negative, and drawing them does not sleep."""
    for seed in range(5):
        delays: list[object] = [*_delays(subject.make(), seed)]
        for delay in delays:
            is_valid = isinstance(delay, int | float) and math.isfinite(delay) and delay >= 0
            require(is_valid, f"A delay is {delay!r}.")


def delays_can_be_repeated(subject: RetryPolicySubject) -> None:
    """The same seed gives the same delays, each time and from each instance. Other sources of chance are not used."""
    policy = subject.make()
    before = random.getstate()
    first = _delays(policy)
    require(random.getstate() == before, "It draws from the module random instead of the generator that it is given.")
    require(_delays(policy) == first, "The same seed gave different delays the second time.")
    require(_delays(subject.make()) == first, "The same seed gave different delays from another instance.")


def items_do_not_share(subject: RetryPolicySubject) -> None:
    """Each item has delays of its own, whatever the order in which items are asked for."""
    policy = subject.make()
    alone = _delays(policy)
    first, second = (policy.delays(random.Random(1)) for _ in range(2))  # noqa: S311 - as above
    woven = list(zip(islice(first, LOOK), islice(second, LOOK), strict=False))
    require([one for one, _ in woven] == alone == [other for _, other in woven], "Two items drew from one sequence.")


def ends_some_day(subject: RetryPolicySubject) -> None:
    """An item that always fails is given up: the delays end, or there is a budget or a deadline."""
    policy = subject.make()
    if policy.budget is None and policy.deadline is None:
        with _no_sleep():
            number = sum(1 for _ in islice(policy.delays(random.Random(1)), LONGEST))  # noqa: S311 - as above
        require(number < LONGEST, f"There are {LONGEST:,} delays and more, without a budget or a deadline.")


def judges_every_error(subject: RetryPolicySubject) -> None:
    """For each error, ``retries`` returns True or False, and the same each time."""
    policy = subject.make()
    for error in ERRORS:
        answers = [policy.retries(error) for _ in range(2)]
        require(all(isinstance(answer, bool) for answer in answers), f"retries({error!r}) is {answers[0]!r}.")
        require(answers[0] == answers[1], f"retries({error!r}) returned different values for the same error.")


RETRY_POLICY_CHECKS: Sequence[Check[RetryPolicySubject]] = (
    *REGISTRATION_CHECKS,
    Check.of(bounds_are_valid),
    Check.of(delays_are_valid),
    Check.of(delays_can_be_repeated, after=["delays_are_valid"]),
    Check.of(items_do_not_share, after=["delays_can_be_repeated"]),
    Check.of(ends_some_day, after=["bounds_are_valid", "delays_are_valid"]),
    Check.of(judges_every_error),
)
