"""A policy that a program has already: a ``Retrying`` object, or a function that one decorates."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from operator import attrgetter
from random import Random

from tenacity import BaseRetrying, stop_after_delay, stop_all, stop_any, stop_before_delay
from tenacity.stop import StopBaseT

from anagram_plugin_tenacity.errors_by_type import retried_by
from anagram_plugin_tenacity.policy import TenacityPolicy
from pipeline_optimization.errors import OptionError

__all__ = ["found_policy"]

TIMED = (stop_after_delay, stop_before_delay)


def found_policy(path: str, budget: int | None) -> TenacityPolicy:
    """Return the policy at ``MODULE:NAME``.

    Raises OptionError if there is none, or if it looks at more than the number of the attempt, the time and the type of the
    error.
    """
    retrying = _find(path)
    parts = list(_parts(retrying.stop))
    deadlines = [part.max_delay for part in parts if isinstance(part, TIMED)]
    stops = [part for part in parts if not isinstance(part, TIMED)]
    if any(map(_looks_at_time, stops)):
        raise OptionError(
            f"The tenacity policy {path} stops by the time and something else together, joined by &. Only the engine "
            "knows the time: use stop_after_delay or stop_before_delay by themselves, or joined by |."
        )
    retried = retried_by(retrying.retry)
    if retried is None:
        raise OptionError(
            f"The tenacity policy {path} retries by {type(retrying.retry).__name__}, which needs the exception itself; "
            "of an error only its type is known here. Use retry_if_exception_type, or its opposite, or both combined."
        )
    policy = TenacityPolicy(
        retrying, stops=stops, retried=retried, deadline=min(deadlines, default=None), budget=budget
    )
    try:
        next(policy.delays(Random(0)), None)  # noqa: S311 - any draw will do
    except Exception as error:
        raise OptionError(
            f"The tenacity policy {path} cannot be asked for a delay: {type(error).__name__}: {error}. Its wait and stop "
            "may look at the number of the attempt and at the waits so far, but not at an outcome or the time."
        ) from error
    return policy


def _find(path: str) -> BaseRetrying:
    module, colon, name = path.partition(":")
    if not colon or not module or not name:
        raise OptionError(
            f"The retry policy 'tenacity-policy' needs a place: tenacity-policy:MODULE:NAME, not {path!r}."
        )
    try:
        found: object = attrgetter(name)(import_module(module))
    except (ImportError, AttributeError) as error:
        raise OptionError(
            f"Cannot find the tenacity policy {path}: {error}. The module must be installed, or be in a directory of "
            "PYTHONPATH."
        ) from error
    if not isinstance(found, BaseRetrying):
        found = getattr(found, "retry", found)  # tenacity's decorator keeps its object there
    if not isinstance(found, BaseRetrying):
        raise OptionError(
            f"{path} is of type {type(found).__name__}, and no tenacity policy. Name a Retrying object, or a function "
            "that tenacity.retry decorates."
        )
    return found


def _parts(stop: StopBaseT) -> Iterator[StopBaseT]:
    """Yield the strategies of which each alone stops. ``a | b | c`` is a tree of them."""
    if isinstance(stop, stop_any):
        for part in stop.stops:
            yield from _parts(part)
    else:
        yield stop


def _looks_at_time(stop: StopBaseT) -> bool:
    if isinstance(stop, stop_all | stop_any):
        return any(map(_looks_at_time, stop.stops))
    return isinstance(stop, TIMED)
