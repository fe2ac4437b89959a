"""An exception in words, whatever its class does when it is asked for them."""

from __future__ import annotations

__all__ = ["describe", "message_of"]


def message_of(error: BaseException) -> str:
    """Return an exception's message. One whose ``__str__`` raises has a message that says so."""
    try:
        return str(error)
    except Exception as broken:  # noqa: BLE001 - whatever a broken __str__ raises
        return f"(its message cannot be shown: __str__ raised {type(broken).__name__})"


def describe(error: BaseException) -> str:
    """Return an exception's type and its message, if it has one."""
    message = message_of(error)
    return f"{type(error).__name__}: {message}" if message else type(error).__name__
