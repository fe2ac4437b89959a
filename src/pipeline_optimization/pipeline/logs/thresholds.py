"""From which level on a record of a logger reaches a handler."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping

__all__ = ["handlers", "threshold_of", "thresholds"]

NEVER = 1_000_000
"""A level that no record has."""


def threshold_of(logger: logging.Logger) -> int:
    """Return the least level of a record that some handler takes. Where there is none, Python writes warnings to standard error itself."""
    if logger.disabled:
        return NEVER
    least, is_found = NEVER, False
    for handler in _handlers_of(logger):
        is_found = True
        if not isinstance(handler, logging.NullHandler):
            least = min(least, handler.level)
    if not is_found and logging.lastResort is not None:
        least = logging.lastResort.level
    return max(logger.getEffectiveLevel(), least, logging.root.manager.disable + 1)


def thresholds() -> Mapping[str, int]:
    """Return the thresholds of all loggers that differ from the one above them; the root's name is empty."""
    found = {"": threshold_of(logging.root)}
    for name, logger in list(logging.root.manager.loggerDict.items()):
        if isinstance(logger, logging.Logger) and _is_special(logger):
            found[name] = threshold_of(logger)
    return found


def handlers() -> list[logging.Handler]:
    """Return all handlers that a record may reach now."""
    loggers = [one for one in list(logging.root.manager.loggerDict.values()) if isinstance(one, logging.Logger)]
    found = {id(handler): handler for logger in (logging.root, *loggers) for handler in logger.handlers}
    if logging.lastResort is not None:
        found[id(logging.lastResort)] = logging.lastResort
    return list(found.values())


def _is_special(logger: logging.Logger) -> bool:
    return bool(logger.level or logger.handlers or logger.disabled or not logger.propagate)


def _handlers_of(logger: logging.Logger) -> Iterator[logging.Handler]:
    at: logging.Logger | None = logger
    while at is not None:
        yield from at.handlers
        at = at.parent if at.propagate else None
