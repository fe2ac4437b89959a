"""What a worker does with the signals that ask a run to end."""

from __future__ import annotations

import signal

from pipeline_optimization.signal_mask import STOP_SIGNALS

__all__ = ["live_on_until_told"]


def live_on_until_told() -> None:
    """Leave these signals to the parent, which lets attempts end within the grace period and then ends this process.

    SIGINT stays blocked and ignored, for the programs too that a task starts: a terminal sends it to them as well. Others
    get a handler that does nothing, since a handler is not inherited by programs: a task can end those that it started.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    others = [number for number in STOP_SIGNALS if number != signal.SIGINT]
    for number in others:
        signal.signal(number, lambda number, frame: None)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, others)
