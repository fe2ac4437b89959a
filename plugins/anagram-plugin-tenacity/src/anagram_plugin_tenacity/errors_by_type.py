"""Applies the library's retry strategies to errors that are data, as far as the strategies look at an exception's type."""

from __future__ import annotations

import builtins
import sys
from collections.abc import Callable

from tenacity import (
    retry_all,
    retry_always,
    retry_any,
    retry_if_exception_type,
    retry_if_not_exception_type,
    retry_never,
    retry_unless_exception_type,
)
from tenacity.retry import RetryBaseT

from pipeline_optimization import errors
from pipeline_optimization.types import ErrorRecord

__all__ = ["class_of", "retried_by"]

Retried = Callable[[ErrorRecord], bool]


def retried_by(strategy: RetryBaseT) -> Retried | None:
    """Return which errors a retry strategy retries, or None if that does not depend on their type alone."""
    match strategy:
        case retry_if_exception_type():
            wanted = strategy.exception_types
            return lambda error: issubclass(class_of(error), wanted)
        case retry_if_not_exception_type() | retry_unless_exception_type():
            unwanted = strategy.exception_types
            return lambda error: not issubclass(class_of(error), unwanted)
        case retry_any() | retry_all():
            parts = [retried_by(part) for part in strategy.retries]
            known = [part for part in parts if part is not None]
            if len(known) < len(parts):
                return None
            join = any if isinstance(strategy, retry_any) else all
            return lambda error: join(part(error) for part in known)
    if strategy is retry_always:
        return _yes
    return _no if strategy is retry_never else None


def _yes(error: ErrorRecord) -> bool:
    return True


def _no(error: ErrorRecord) -> bool:
    return False


def class_of(error: ErrorRecord) -> type[BaseException]:
    """Return an error's class if this process has imported it, else ``Exception``."""
    module, _, name = error.type.rpartition(".")
    places = [sys.modules.get(module)] if module else [builtins, errors]
    for place in places:
        found = getattr(place, name, None)
        if isinstance(found, type) and issubclass(found, BaseException):
            return found
    return Exception
