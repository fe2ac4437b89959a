"""Exit codes, as the README states them."""

from __future__ import annotations

from typing import Final

__all__ = ["BROKEN_PIPE", "COMPLETE", "INCOMPLETE", "INTERRUPTED", "USAGE"]

COMPLETE: Final = 0
INCOMPLETE: Final = 1
USAGE: Final = 2
INTERRUPTED: Final = 130
BROKEN_PIPE: Final = 141
"""128 + SIGPIPE, as a shell reports a program that wrote to a closed pipe."""
