"""The texts of errors that more than one kind of source raises."""

from __future__ import annotations

import glob
import os

from pipeline_optimization.errors import InputError
from pipeline_optimization.plural import counted

__all__ = ["directory", "unreadable"]


def unreadable(name: str, error: Exception, *, after: int | None = None) -> InputError:
    """Return the ``InputError`` for a failed open. With ``after``, the bytes read until then, return that for a failed read."""
    reason = _reason(error)
    if after is not None:
        text = f"Reading {name!r} failed after {counted(after, 'byte')}: {reason}; check the disk or the connection, then try again"
    else:
        text = f"{name!r} cannot be read: {reason}; {_remedy(error)}"
    return InputError(text, source=name)


def directory(name: str) -> InputError:
    """Return the ``InputError`` for a directory where a file is needed."""
    pattern = os.path.join(glob.escape(name), "*.txt")
    return InputError(f"{name!r} is a directory; name its files, for example with the glob {pattern!r}", source=name)


def _reason(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    if isinstance(error, FileNotFoundError):  # the errors of fsspec's file systems contain only the path
        return "No such file"
    return str(error) or type(error).__name__


def _remedy(error: Exception) -> str:
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return "check the name (an input is a path, a glob, '-' for standard input, or a URL with ://)"
    if isinstance(error, PermissionError):
        return "get permission to read it, or name another input"
    return "check the name, and the disk or the connection behind it"
