"""The time for which a process was ready to run and waited for a processor. A busy machine adds it to each measured time."""

from __future__ import annotations

from pathlib import Path

__all__ = ["run_delay_seconds"]


def run_delay_seconds(pid: int) -> float:
    """Return the seconds for which a process's main thread has waited for a processor so far, or 0 if the system does not tell.

    The kernel counts them (the second number of ``/proc/PID/schedstat``), so nothing in the process can change them.
    """
    try:
        _, waited, _ = Path(f"/proc/{pid}/schedstat").read_bytes().split()
        return int(waited) / 1e9
    except (OSError, ValueError):
        return 0.0
