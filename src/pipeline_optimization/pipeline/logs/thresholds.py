"""The lowest level at which a record of a logger reaches a handler."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping

__all__ = ["disabled_loggers", "handlers", "threshold_of", "thresholds"]

NEVER = 1_000_000
"""A level above that of any record."""


def threshold_of(logger: logging.Logger) -> int:
    """Return the lowest level that some handler takes. If there is no handler, Python itself writes warnings to standard error."""
    return NEVER if logger.disabled else _threshold_below(logger)


def thresholds() -> Mapping[str, int]:
    """Return the thresholds of all loggers that can differ from the one above them. The root's name is empty.

    A disabled logger has the threshold that holds for the loggers below it, because they are not disabled with it.
    """
    found = {"": _threshold_below(logging.root)}
    for name, logger in _loggers().items():
        if logger.level or logger.handlers or not logger.propagate:
            found[name] = _threshold_below(logger)
    return found


def disabled_loggers() -> frozenset[str]:
    return frozenset(logger.name for logger in (logging.root, *_loggers().values()) if logger.disabled)


def handlers() -> list[logging.Handler]:
    """Return all handlers that a record may reach now."""
    found = {id(handler): handler for logger in (logging.root, *_loggers().values()) for handler in logger.handlers}
    if logging.lastResort is not None:
        found[id(logging.lastResort)] = logging.lastResort
    return list(found.values())


def _loggers() -> dict[str, logging.Logger]:
    loggers = list(logging.root.manager.loggerDict.items())
    return {name: logger for name, logger in loggers if isinstance(logger, logging.Logger)}


def _threshold_below(logger: logging.Logger) -> int:
    least, is_found = NEVER, False
    for handler in _handlers_of(logger):
        is_found = True
        if not isinstance(handler, logging.NullHandler):
            least = min(least, handler.level)
    if not is_found and logging.lastResort is not None:
        least = logging.lastResort.level
    return max(logger.getEffectiveLevel(), least, logging.root.manager.disable + 1)


def _handlers_of(logger: logging.Logger) -> Iterator[logging.Handler]:
    at: logging.Logger | None = logger
    while at is not None:
        yield from at.handlers
        at = at.parent if at.propagate else None
