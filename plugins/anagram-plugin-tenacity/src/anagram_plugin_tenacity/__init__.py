"""The retry policies ``tenacity`` and ``tenacity-policy``: those of the library tenacity, which neither sleeps nor loops here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from attrs import frozen

from pipeline_optimization.hookspecs import hookimpl
from pipeline_optimization.types import Component, ComponentOf, RetryPolicy, option


@frozen(kw_only=True)
class TenacityOptions:
    """The options of ``tenacity``, by the names that the library has for them."""

    wait: Literal["exponential_jitter", "random_exponential", "exponential"] = option(
        "exponential_jitter", help="the library's wait_..., which the next five options are for"
    )
    multiplier: float = option(0.1, help="seconds before the second attempt, without jitter", at_least=0)
    exp_base: float = option(2.0, help="growth from attempt to attempt", at_least=1)
    min: float = option(0.0, help="least delay in seconds", at_least=0)
    max: float = option(5.0, help="largest delay in seconds", at_least=0)
    jitter: float = option(1.0, help="largest random addition in seconds, of exponential_jitter only", at_least=0)
    attempts: int = option(10, help="attempts for each item, the first one included", at_least=1)
    deadline: float | None = option(
        45.0, help="seconds from an item's first attempt after which it is not retried; none means no bound", at_least=0
    )
    budget: int | None = option(None, help="retries in the whole run; none means no bound", at_least=0)


@frozen(kw_only=True)
class TenacityPolicyOptions:
    """The options of ``tenacity-policy``."""

    policy: str = option(
        "", help="MODULE:NAME of a Retrying object, or of a function decorated by one", is_argument=True
    )
    budget: int | None = option(None, help="retries in the whole run; none means no bound", at_least=0)


def make(options: TenacityOptions) -> RetryPolicy:
    """Build the policy, importing the library only now."""
    from anagram_plugin_tenacity.chosen import chosen_policy  # noqa: PLC0415 - only when it is chosen

    return chosen_policy(options)


def make_from_policy(options: TenacityPolicyOptions) -> RetryPolicy:
    """Build it from a policy that a program has."""
    from anagram_plugin_tenacity.found import found_policy  # noqa: PLC0415 - only when it is chosen

    return found_policy(options.policy, options.budget)


@hookimpl
def anagram_register_retry_policies() -> Sequence[ComponentOf[RetryPolicy]]:
    return [
        Component(
            name="tenacity", summary="a policy of tenacity, put together here", factory=make, options=TenacityOptions
        ),
        Component(
            name="tenacity-policy",
            summary="tenacity-policy:MODULE:NAME, a policy that a program has",
            factory=make_from_policy,
            options=TenacityPolicyOptions,
        ),
    ]
