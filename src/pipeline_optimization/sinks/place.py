"""The place of a file of rows: checks before anything is written, and the messages of errors."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline_optimization.errors import SinkError

__all__ = ["check_place", "explained"]


def check_place(target: Path, name: str) -> None:
    """Raise SinkError if no regular file can be written at ``target``, which the user calls ``name``."""
    if not target.parent.is_dir():
        raise SinkError(f"The directory of {name!r} does not exist. Make it, or name another file.")
    if target.exists() and not target.is_file():
        raise SinkError(f"{name!r} is no regular file. Rows are written into regular files only.")
    if not os.access(target.parent, os.W_OK):
        raise SinkError(f"Nothing can be written into the directory of {name!r}. Name another file.")


@contextmanager
def explained(name: str, *others: type[Exception]) -> Iterator[None]:
    """Turn errors of the system, and ``others``, into a SinkError that says what to do."""
    told: tuple[type[Exception], ...] = (OSError, *others)
    try:
        yield
    except told as error:
        raise SinkError(
            f"Cannot write {name!r}: {getattr(error, 'strerror', None) or error}. What was delivered before is safe: remove the cause, and go on "
            "with --resume if the run has a checkpoint."
        ) from error
