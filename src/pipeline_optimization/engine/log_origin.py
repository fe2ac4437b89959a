"""Whether a worker runs in the process of its run's parent, in a fork of it, or elsewhere."""

from __future__ import annotations

import os

__all__ = ["ORIGIN", "process_here"]

ORIGIN = os.urandom(16).hex()
"""What this process has in common with its forks, and with no other process."""


def process_here() -> str:
    """Return what this process has in common with no other one."""
    return f"{ORIGIN}:{os.getpid()}"
