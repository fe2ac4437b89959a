"""A policy put together from options."""

from __future__ import annotations

from tenacity import (
    Retrying,
    stop_after_attempt,
    wait_exponential,
    wait_exponential_jitter,
    wait_random_exponential,
)
from tenacity.wait import wait_base

from anagram_plugin_tenacity import TenacityOptions
from anagram_plugin_tenacity.policy import TenacityPolicy
from pipeline_optimization.builtin.retry_policies import PERMANENT_ERRORS
from pipeline_optimization.types import ErrorRecord

__all__ = ["chosen_policy"]


def chosen_policy(options: TenacityOptions) -> TenacityPolicy:
    """Return the policy that the options describe; it retries what the built-in policies retry."""
    stop = stop_after_attempt(options.attempts)
    return TenacityPolicy(
        Retrying(wait=_wait(options), stop=stop),
        stops=(stop,),
        retried=_is_luck,
        deadline=options.deadline,
        budget=options.budget,
    )


def _wait(options: TenacityOptions) -> wait_base:
    multiplier, exp_base, least, largest = options.multiplier, options.exp_base, options.min, options.max
    match options.wait:
        case "exponential_jitter":
            return wait_exponential_jitter(
                multiplier=multiplier, exp_base=exp_base, min=least, max=largest, jitter=options.jitter
            )
        case "random_exponential":
            return wait_random_exponential(multiplier=multiplier, exp_base=exp_base, min=least, max=largest)
        case "exponential":
            return wait_exponential(multiplier=multiplier, exp_base=exp_base, min=least, max=largest)


def _is_luck(error: ErrorRecord) -> bool:
    return error.type not in PERMANENT_ERRORS
