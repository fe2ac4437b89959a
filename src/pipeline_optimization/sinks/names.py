"""What the files of a sink are called that writes a file."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["JOURNAL", "PARTIAL", "files_of"]

PARTIAL = ".partial"
"""Ends the name of a file that is not whole yet."""

JOURNAL = ".deliveries"
"""Ends the name of the file that says which deliveries a file has."""


def files_of(path: str) -> Sequence[str]:
    """Return all files that a sink may write for one file."""
    return [path, f"{path}{PARTIAL}", f"{path}{JOURNAL}"]
