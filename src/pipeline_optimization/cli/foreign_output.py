"""Keeps text that foreign code prints apart from results."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO, cast

from pipeline_optimization.foreign_code import overheard

__all__ = ["noise_on_standard_error"]


class NoiseStream:
    """Takes the place of standard output, and writes to standard error."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> object:
        return getattr(self._stream, name)

    def close(self) -> None:
        """Stay open: foreign code must not close the stream of everyone."""

    def write(self, text: str, /) -> int:
        return len(text) if overheard(text) else self._stream.write(text)


@contextmanager
def noise_on_standard_error() -> Iterator[None]:
    """While foreign code runs, send everything that it prints to standard error, so that standard output has results only.

    This holds for text of worker processes and of compiled code, too.
    """
    output = sys.stdout
    output.flush()
    own = os.dup(1) if _is_standard_output(output) else None
    try:
        if own is not None:
            os.dup2(2, 1)
        sys.stdout = cast("TextIO", NoiseStream(sys.stderr))
        yield
    finally:
        sys.stdout = output
        if own is not None:
            os.dup2(own, 1)
            os.close(own)


def _is_standard_output(stream: TextIO) -> bool:
    """Return whether the stream writes to the system's standard output. A stream of a test does not."""
    try:
        return stream.fileno() == 1
    except (OSError, ValueError):
        return False
