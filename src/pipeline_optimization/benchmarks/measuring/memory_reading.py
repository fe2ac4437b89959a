"""The memory of a process, with shared pages counted fairly if the system allows it."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import psutil
from attrs import frozen

__all__ = [
    "MIB",
    "MemoryMethod",
    "choose_memory_method",
    "high_water_mark",
    "memory_of",
    "memory_of_files",
    "unmapped_memory",
]

MIB = float(1 << 20)
SHARED = "/dev/shm"  # noqa: S108 - it is only looked at


@frozen
class MemoryMethod:
    """A way to read a process's memory in bytes, and its name in reports."""

    name: str
    read: Callable[[psutil.Process], int]


def _pss(process: psutil.Process) -> int:
    # psutil 8 moves this from memory_full_info() to memory_footprint().
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
"""The methods from the fairest to the one that every system has. Summed over a tree, only PSS counts each page once."""


def choose_memory_method(methods: Sequence[MemoryMethod] = METHODS) -> MemoryMethod:
    """Return the fairest method that works on this machine."""
    me = psutil.Process()
    for method in methods:
        try:
            if method.read(me) > 0:
                return method
        except (AttributeError, OSError, psutil.Error):
            continue
    return methods[-1]


def memory_of(process: psutil.Process, method: MemoryMethod) -> int:
    """Return the bytes of a process. If it forbids others of its user to look at its memory (prctl(2)), its resident size is taken."""
    try:
        return method.read(process)
    except (PermissionError, psutil.AccessDenied):
        return _rss(process)


def high_water_mark(pid: int) -> int:
    """Return the most bytes that a process had resident at any moment, or 0 if the system does not tell.

    It is read from ``VmHWM``, which begins anew when a program starts, unlike ``ru_maxrss``.
    """
    try:
        status = Path(f"/proc/{pid}/status").read_bytes()
    except OSError:
        return 0
    line = next((line for line in status.splitlines() if line.startswith(b"VmHWM:")), b"VmHWM: 0")
    return int(line.split()[1]) * 1024


def memory_of_files(pids: Sequence[int]) -> int:
    """Return the bytes of files in memory that processes hold, mapped or not.

    These files are in the processes' own ``/dev/shm``, or have no name (memfd_create(2)).
    """
    used = sum({_shared_directory(pid) for pid in pids if _has_own_shared_directory(pid)})
    files: dict[tuple[int, int], int] = {}
    for pid in pids:
        files |= _nameless_files(pid)
    return used + sum(files.values())


def unmapped_memory(pids: Sequence[int]) -> int:
    """Return the bytes of files in memory that processes hold and none of them has mapped."""
    used = memory_of_files(pids)
    if used < MIB:  # this is the usual case, and asking what is mapped takes longer
        return 0
    return max(0, used - sum(map(_mapped_shared, pids)))


def _has_own_shared_directory(pid: int) -> bool:
    try:
        return os.stat(f"/proc/{pid}/root{SHARED}").st_dev != os.stat(SHARED).st_dev
    except OSError:
        return False


def _shared_directory(pid: int) -> int:
    try:
        found = os.statvfs(f"/proc/{pid}/root{SHARED}")
    except OSError:
        return 0
    return (found.f_blocks - found.f_bfree) * found.f_frsize


def _nameless_files(pid: int) -> dict[tuple[int, int], int]:
    found = {}
    directory = f"/proc/{pid}/fd"
    with suppress(OSError):
        for name in os.listdir(directory):
            with suppress(OSError):
                path = f"{directory}/{name}"
                if os.readlink(path).startswith("/memfd:"):
                    status = os.stat(path)
                    found[status.st_dev, status.st_ino] = status.st_blocks * 512
    return found


def _mapped_shared(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_bytes().splitlines()
    except OSError:
        return 0
    line = next((line for line in lines if line.startswith(b"Pss_Shmem:")), b"Pss_Shmem: 0")
    return int(line.split()[1]) * 1024
