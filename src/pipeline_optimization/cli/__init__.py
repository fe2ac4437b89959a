"""The command line: parses, calls, renders.

A signal can be answered in silence from ``main`` on, so that nothing is imported before which takes time.
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
    # Modules stay, and looking through them for garbage takes a twentieth of a small run. It is looked for from the
    # command on, when all that it needs has been imported.
    gc.disable()
    try:
        from pipeline_optimization.signal_mask import stop_signals_blocked  # noqa: PLC0415 - see above

        # CPython swallows an exception in the middle of an import, or makes it another one.
        with stop_signals_blocked():
            from pipeline_optimization.cli.main import run_and_exit  # noqa: PLC0415 - see above

        run_and_exit(arguments)
    except KeyboardInterrupt:
        # In silence, as nothing was begun. Python's own way to end would print a traceback if one more signal came.
        os._exit(130)  # exit_codes.INTERRUPTED may not be imported yet
    finally:
        gc.enable()
