"""Commands in messages, which users paste into a shell."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable

from pipeline_optimization.masking import masked

__all__ = ["quoted", "quoted_command"]


def quoted(argument: str) -> str:
    r"""Return an argument in a form that a shell reads and a terminal shows.

    A byte that cannot be printed, such as that of an escape code or one that is no UTF-8, becomes an octal number: ``$'caf\351.txt'``. bash, zsh, ksh
    and busybox read that.
    """
    if argument.isprintable():
        return shlex.quote(argument)
    return "$'" + "".join(map(_escaped, argument)) + "'"


def quoted_command(arguments: Iterable[str]) -> str:
    """Return the command line of these arguments, with ``***`` for passwords in URLs."""
    return " ".join(quoted(masked(argument)) for argument in arguments)


def _escaped(char: str) -> str:
    if char in {"\\", "'"}:
        return f"\\{char}"
    if char.isprintable():
        return char
    return "".join(f"\\{byte:03o}" for byte in os.fsencode(char))
