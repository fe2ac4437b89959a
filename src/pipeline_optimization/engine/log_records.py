"""Log records as plain data. The arguments and exceptions of a record may not be picklable, so they become text where they were logged."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from pipeline_optimization.engine.stage import is_of_the_run
from pipeline_optimization.error_text import shortened

if TYPE_CHECKING:
    from pipeline_optimization.engine.attempt_here import AttemptHere

__all__ = ["facts_of", "labels_of"]

LONGEST = 16_384
"""How many characters of a message or a traceback are kept."""

LONGEST_EXTRA = 2000
"""How many characters of any other text are kept."""

_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
"""The attributes that every record has. All others were given by ``extra``."""

_KEPT = (
    "name", "levelno", "levelname", "pathname", "filename", "module", "lineno", "funcName", "created", "msecs", "relativeCreated",
    "thread", "threadName", "process", "processName", "taskName",
)  # fmt: skip

_formatter = logging.Formatter()


def facts_of(record: logging.LogRecord) -> dict[str, Any]:
    """Return the attributes of a record as plain values, those included that ``extra`` gave it."""
    given = vars(record)
    facts: dict[str, Any] = {name: _plain(given[name]) for name in _KEPT if name in given}
    facts["msg"] = shortened(_message(record), LONGEST)
    trace = record.exc_text
    if not trace and record.exc_info:
        trace = _text(lambda: _formatter.formatException(record.exc_info))
    facts["exc_text"] = shortened(_plain_str(trace), LONGEST) if trace else None
    facts["stack_info"] = shortened(_plain_str(record.stack_info), LONGEST) if record.stack_info else None
    for name in given.keys() - _OWN:
        facts[_key(name)] = _plain(given[name])
    return facts


def labels_of(attempt: AttemptHere, *, worker: str) -> dict[str, Any]:
    """Return where the records of an attempt are logged: the run, the item and the attempt.

    Args:
        attempt: The attempt that logs.
        worker: The name of its worker, which is left out if it is empty.
    """
    call = attempt.call
    element = "" if attempt.element is None else attempt.element()
    name = f"{call.task}:{call.item}"
    labels: dict[str, Any] = {"run": attempt.run_id, "item": name, "attempt": call.number}
    if element:
        # An element runs in a bundle once, at its first attempt. If that fails, it leaves the bundle, whichever attempt the bundle itself is at.
        labels |= {"item": element, "attempt": 1, "bundle": name}
    if worker:
        labels["worker"] = worker
    return labels


def _message(record: logging.LogRecord) -> str:
    text = _text(record.getMessage)
    if text is None:
        text = _text(lambda: f"{record.msg!r}, whose arguments do not fit")
    return "" if text is None else text


def _text(make: Any) -> str | None:
    """Return the text that ``make`` returns; None if it raises. It calls code of the task's objects, which may raise anything."""
    try:
        return _plain_str(str(make()))
    except BaseException as error:
        if is_of_the_run(error):
            raise
        return None


def _key(name: object) -> str:
    """Return a key of ``extra`` as text. Python sets attributes of any name from it, such as numbers."""
    return _plain_str(name) if isinstance(name, str) else (_text(lambda: name) or "")


def _plain_str(text: str) -> str:
    """Return a text as a plain ``str``. If it is of a subclass, such as an enumeration, the parent may not know the class."""
    return text if type(text) is str else str.__str__(text)


def _plain(value: object) -> object:
    """Return a value of a built-in type that can be sent anywhere. Numbers and texts keep their value, and all else becomes text."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return int.__int__(value)
    if isinstance(value, float):
        return float.__float__(value)
    text = _plain_str(value) if isinstance(value, str) else _text(lambda: repr(value))
    return "(its repr() raised an error)" if text is None else shortened(text, LONGEST_EXTRA)
