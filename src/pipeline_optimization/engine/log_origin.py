"""Tells whether a worker runs in the parent's process, in a process that was forked from it, or anywhere else.

This is a module of its own, because ``log_capture`` imports ``logging``. A worker finds out here whether it needs ``log_capture``. In the
parent's process it does not.
"""

from __future__ import annotations

import os

__all__ = ["ORIGIN", "process_here"]

ORIGIN = os.urandom(16).hex()
"""A random text. The process that imported this module and all processes that were forked from it have the same one.

Any other process, such as one that was started anew or runs on another machine, imports the module itself and has another text.
"""


def process_here() -> str:
    """Return a text that identifies this process among all others, forks of it included."""
    return f"{ORIGIN}:{os.getpid()}"
