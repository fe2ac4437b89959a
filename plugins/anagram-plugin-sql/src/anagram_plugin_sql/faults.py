"""What an error of a database means: a row is refused, another try may help, or nothing helps."""

from __future__ import annotations

import sqlite3

from sqlalchemy.exc import StatementError

__all__ = ["cause_of", "is_contention", "is_refusal", "words_of"]

REFUSALS = ("22", "23", "44", "54", "P0")
"""Classes of SQLSTATE for a row that does not fit: wrong data, constraints, views, limits such as that of a key's length, triggers."""

CONTENTIONS = ("40", "55P03", "57014")
"""Others were quicker: deadlocks, failures to serialize, locks that were not free in time."""

HINTS = {
    "42501": "Grant the rights, or name another user in the url.",
    "53100": "Make room on the server's disk, then resume.",
    "53300": "Let the server have more connections, or end others, then resume.",
}
"""What to do, by the SQLSTATE of PostgreSQL."""

LITE_HINTS = {
    "SQLITE_FULL": "Make room on the disk, then resume.",
    "SQLITE_CANTOPEN": "The directory must exist, and must be writable.",
    "SQLITE_NOTADB": "Name another file in the url.",
    "SQLITE_READONLY": "The file and its directory must be writable.",
    "SQLITE_BUSY": "Another program holds the file. End it, then resume.",
}
"""The same by SQLite's name of the error."""


def cause_of(error: BaseException) -> BaseException:
    """Return the error that the driver has raised, without SQLAlchemy's error around it."""
    return error.orig if isinstance(error, StatementError) and error.orig is not None else error


def is_refusal(cause: BaseException) -> bool:
    """Return whether a row is the cause, and not the database or the connection."""
    if isinstance(cause, sqlite3.Error):
        name = _lite_name(cause)
        # An error without a name comes from Python's driver, which could not bind a value.
        return name is None or name.startswith(("SQLITE_CONSTRAINT", "SQLITE_MISMATCH", "SQLITE_TOOBIG"))
    state = _state(cause)
    if state is not None:
        return state.startswith(REFUSALS)
    # Drivers raise these for values that they cannot send; a server's errors have a SQLSTATE.
    return isinstance(cause, TypeError | ValueError | OverflowError) or type(cause).__name__ in {
        "DataError",
        "ProgrammingError",
        "NotSupportedError",
    }


def is_contention(cause: BaseException) -> bool:
    """Return whether the same may work in a moment, since another transaction was in the way."""
    if isinstance(cause, sqlite3.Error):
        return (_lite_name(cause) or "").startswith(("SQLITE_BUSY", "SQLITE_LOCKED"))
    return (_state(cause) or "").startswith(CONTENTIONS)


def words_of(cause: BaseException) -> str:
    """Return what a database says in one line with a full stop, and what to do, if that is known."""
    told = getattr(cause, "diag", None)  # its context is left out, as it is a statement of ours
    parts = [told.message_primary, told.message_detail] if told and told.message_primary else [str(cause)]
    said = ". ".join(" ".join(part.split()).rstrip(".") for part in parts if part) or type(cause).__name__
    name = _lite_name(cause) if isinstance(cause, sqlite3.Error) else _state(cause)
    hint = next((text for start, text in (HINTS | LITE_HINTS).items() if (name or "").startswith(start)), "")
    return f"{said.rstrip('.')}. {hint}".rstrip()


def _lite_name(cause: sqlite3.Error) -> str | None:
    return getattr(cause, "sqlite_errorname", None)


def _state(cause: BaseException) -> str | None:
    return getattr(cause, "sqlstate", None)
