"""The command line: it parses arguments, calls the library, and shows results.

From ``main`` on, a signal ends the process without a traceback. So this module imports nothing that takes time before ``main`` runs.
"""

from __future__ import annotations

import gc
import os

TYPE_CHECKING = False  # as in the package itself
if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and end the process with the exit code that the README states."""
    # Modules are never garbage, and to look through them for some takes a twentieth of a small run. The collector is
    # switched on when the command has imported what it needs.
    gc.disable()
    try:
        from pipeline_optimization.signal_mask import stop_signals_blocked  # noqa: PLC0415 - see above

        # CPython swallows an exception in the middle of an import, or makes it another one.
        with stop_signals_blocked():
            from pipeline_optimization.cli.main import run_and_exit  # noqa: PLC0415 - see above

        run_and_exit(arguments)
    except KeyboardInterrupt:
        # Nothing has begun, so there is nothing to say. Python's own end would print a traceback if one more signal came.
        os._exit(130)  # exit_codes.INTERRUPTED may not be imported yet
    finally:
        gc.enable()
