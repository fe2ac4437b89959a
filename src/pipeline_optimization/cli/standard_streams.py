"""Standard streams that whoever started the program closed."""

from __future__ import annotations

import os
import sys

__all__ = ["replace_closed_streams"]


def replace_closed_streams() -> None:
    """Put something in the place of closed standard streams.

    The next file that is opened would get their numbers, and what is meant for standard error would be written into it. What
    is said there is lost then. To write to standard output fails, as results may not be lost; so does reading input.
    """
    for number, flags in enumerate((os.O_WRONLY, os.O_RDONLY, os.O_WRONLY)):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, flags)  # which gets the lowest number that is free
    if sys.stdout is None:
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - until the program ends
    if sys.stderr is None:
        sys.stderr = open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - as above
