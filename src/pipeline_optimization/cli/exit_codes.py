"""Exit codes, as the README states them."""

from __future__ import annotations

from typing import Final

__all__ = [
    "BROKEN_PIPE",
    "COMPLETE",
    "FAILED",
    "HUNG_UP",
    "INCOMPLETE",
    "INTERRUPTED",
    "REGRESSION",
    "STOPPED",
    "TERMINATED",
    "USAGE",
    "WRONG",
]

COMPLETE: Final = 0
INCOMPLETE: Final = 1
REGRESSION: Final = 1
USAGE: Final = 2
WRONG: Final = 3
"""A contender's answers cannot be trusted."""
FAILED: Final = 4
"""A contender crashed, hung, leaked or could not be loaded."""
STOPPED: Final = 75
"""A limit or a failure stopped the run; with a checkpoint it can go on (EX_TEMPFAIL of sysexits.h)."""
INTERRUPTED: Final = 130
"""128 + SIGINT."""
HUNG_UP: Final = 129
"""128 + SIGHUP."""
TERMINATED: Final = 143
"""128 + SIGTERM."""
BROKEN_PIPE: Final = 141
"""128 + SIGPIPE, as a shell reports a program that wrote to a closed pipe."""
