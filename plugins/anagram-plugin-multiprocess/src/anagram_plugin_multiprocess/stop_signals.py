"""What a worker does with the signals that ask a run to end."""

from __future__ import annotations

import signal

from pipeline_optimization.signal_mask import STOP_SIGNALS

__all__ = ["leave_stop_signals_to_parent"]


def leave_stop_signals_to_parent() -> None:
    """Do nothing at these signals. The parent lets attempts end within the grace period, and then ends this process.

    SIGINT stays blocked and ignored, also for programs that a task starts, because a terminal sends it to them as well. The other
    signals get a handler that does nothing: programs do not inherit a handler, so that a task can end those that it started.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    others = [number for number in STOP_SIGNALS if number != signal.SIGINT]
    for number in others:
        signal.signal(number, lambda number, frame: None)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, others)
