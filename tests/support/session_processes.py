"""The processes of a session, to see that none is left behind."""

from __future__ import annotations

import os

import psutil


def living(leader: int) -> list[psutil.Process]:
    """Return the living processes of a session, zombies left out."""
    found = []
    for process in psutil.process_iter():
        try:
            if os.getsid(process.pid) == leader and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except (ProcessLookupError, psutil.NoSuchProcess):
            continue
    return found
