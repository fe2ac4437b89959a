"""Errors that name the user's function and element which caused them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from pipeline_optimization.engine.stage import describe_error, is_of_the_run
from pipeline_optimization.error_text import describe, message_of, shortened
from pipeline_optimization.errors import OptionError, UnsendableError
from pipeline_optimization.tasks.callables import where
from pipeline_optimization.types import ErrorRecord

__all__ = ["failure_of", "shown", "unsendable"]

SHOWN = 200
"""Characters of an element in a report, at most."""


def shown(value: object) -> str:
    """Return a value for a report, shortened. If its ``__repr__`` raises, the type stands for it."""
    try:
        text = repr(value)
    except BaseException as error:
        if is_of_the_run(error):
            raise
        text = f"an object of type {type(value).__qualname__}"
    return shortened(text, SHOWN)


def failure_of(
    function: Callable[..., Any], error: BaseException, permanent: tuple[type[BaseException], ...] = ()
) -> ErrorRecord:
    """Return what a function raised, as data.

    If the exception would end a program, such as SystemExit, the message says what to do instead. A wrong option or a value that cannot be sent is
    permanent, because another attempt would meet it again.
    """
    record = describe_error(error, is_permanent=isinstance(error, (*permanent, OptionError, UnsendableError)))
    if isinstance(error, Exception):
        return record
    said = f" ({message_of(error)})" if message_of(error) else ""
    what = (
        f"called sys.exit(){said}. Let it return"
        if isinstance(error, SystemExit)
        else f"raised {type(error).__qualname__}{said}, which is no Exception. Let it raise one"
    )
    return ErrorRecord(
        type=record.type,
        message=f"{where(function)} {what}.",
        traceback=record.traceback,
        is_permanent=record.is_permanent,
    )


def unsendable(makers: Sequence[Callable[..., Any]], value: str, error: BaseException, use: str) -> ErrorRecord:
    """Return the failure of the function that made a value which cannot be used.

    Args:
        makers: The functions that the value went through. Without any, the value came from the input as it is.
        value: The value, for people.
        error: Why it cannot be used.
        use: What cannot be done with it, such as "kept in a checkpoint".
    """
    text = f"cannot be {use} ({message_of(error) or describe(error)})."
    message = f"{where(makers[-1])} returned {value}, which {text} Return plain data." if makers else f"{value} {text}"
    return describe_error(UnsendableError(message), is_permanent=True)
