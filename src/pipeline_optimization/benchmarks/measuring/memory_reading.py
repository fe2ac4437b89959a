"""The memory of a process, with shared pages counted fairly where the system tells."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import psutil
from attrs import frozen

__all__ = ["MIB", "MemoryMethod", "choose_memory_method", "high_water_mark"]

MIB = float(1 << 20)


@frozen
class MemoryMethod:
    """A way to read a process's memory in bytes, and what it is called in reports."""

    name: str
    read: Callable[[psutil.Process], int]


def _pss(process: psutil.Process) -> int:
    # psutil 8 moves it from memory_full_info() to memory_footprint().
    footprint = getattr(process, "memory_footprint", process.memory_full_info)
    return int(footprint().pss)


def _uss(process: psutil.Process) -> int:
    footprint = getattr(process, "memory_footprint", process.memory_full_info)
    return int(footprint().uss)


def _rss(process: psutil.Process) -> int:
    return int(process.memory_info().rss)


METHODS: Sequence[MemoryMethod] = (
    MemoryMethod("PSS", _pss),
    MemoryMethod("USS (shared memory not counted)", _uss),
    MemoryMethod("RSS (shared memory counted in every process)", _rss),
)
"""From the fairest to the one that every system has: summed over a tree, only PSS counts each page once."""


def choose_memory_method(methods: Sequence[MemoryMethod] = METHODS) -> MemoryMethod:
    """Return the fairest method that works here."""
    me = psutil.Process()
    for method in methods:
        try:
            if method.read(me) > 0:
                return method
        except (AttributeError, OSError, psutil.Error):
            continue
    return methods[-1]


def high_water_mark(pid: int) -> int:
    """Return the most bytes a process had resident at any moment; 0 where the system does not tell.

    Read from ``VmHWM``, which unlike ``ru_maxrss`` starts anew when a program starts.
    """
    try:
        status = Path(f"/proc/{pid}/status").read_bytes()
    except OSError:
        return 0
    line = next((line for line in status.splitlines() if line.startswith(b"VmHWM:")), b"VmHWM: 0")
    return int(line.split()[1]) * 1024
