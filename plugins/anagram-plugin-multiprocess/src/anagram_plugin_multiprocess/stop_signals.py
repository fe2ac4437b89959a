"""What a worker does with the signals that ask a run to end."""

from __future__ import annotations

import signal

__all__ = ["live_on_until_told"]


def live_on_until_told() -> None:
    """Leave both signals to the parent, which lets attempts end within the grace period and then ends this process.

    SIGINT stays blocked and ignored, for the programs too that a task starts: a terminal sends it to them as well. SIGTERM
    gets a handler that does nothing, since a handler is not inherited by programs: a task can end those that it started.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda number, frame: None)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
