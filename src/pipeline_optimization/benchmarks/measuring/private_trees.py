"""The directory trees to which a sample may write without being seen by others."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Container, Iterable, Sequence
from pathlib import Path

from attrs import frozen

from pipeline_optimization.disk_cache import cache_directory

__all__ = ["Tree", "private_trees", "read_only_directories"]

MOUNTS = Path("/proc/self/mountinfo")
SYSTEM = {"boot", "dev", "proc", "run", "sys"}
"""Directories that are no storage, or that contain the system's sockets."""


MOST_MOUNTS = 200
"""A tree in which more file systems are mounted is left out: mounting them again would take long."""


@frozen
class Tree:
    """A directory tree to cover. ``mounted`` are the places in it where other file systems are mounted, which stay visible."""

    path: str
    mounted: tuple[str, ...] = ()


def private_trees(source: str, directories: Sequence[str] = ()) -> list[Tree]:
    """Return the trees to which a contender of this file (or plugin) might write, outer ones before those inside them.

    ``directories`` are those that the work uses.
    """
    places = ["/tmp", "/var/tmp", os.getcwd(), sys.prefix]  # noqa: S108 - nothing is written there
    places += map(str, (tempfile.gettempdir(), Path.home(), cache_directory()))
    if os.path.isabs(source):
        places.append(os.path.dirname(source))
    places = [place for place in places if os.path.isdir(place)]
    devices = {os.stat(place).st_dev for place in places}
    places += [one for one in directories if os.path.isdir(one) and os.stat(one).st_dev in devices]
    places += _writable_roots(devices)
    return _trees(map(os.path.realpath, places), _mount_points())


def read_only_directories() -> list[str]:
    """Return the directories in which a contender may only read: the kernel's settings, control groups and devices, and the system's sockets.

    A file there would be seen by the next sample. And a process that stops itself by a control group of its own cannot be killed. Sockets and devices
    can be used as before. An overlay would cut off the servers of these sockets.
    """
    parents = ("/sys/", "/dev/mqueue", "/dev/hugepages", "/run/")
    inside = [point for point in _mount_points() if point.startswith(parents)]
    # A directory comes before those that are mounted in it, because they would be hidden if it was mounted again after them.
    found = ("/proc/sys", "/sys", "/dev", "/run", *sorted(inside, key=len))
    return [place for place in found if os.path.isdir(place)]


def _writable_roots(devices: Container[int]) -> list[str]:
    """Return the directories below the root that this user may write to: usually none, and for root nearly all.

    Only those on the same file systems as the other places are returned. If one on another file system could not be covered, nothing would be.
    """
    try:
        found = [f"/{name}" for name in os.listdir("/") if name not in SYSTEM]
    except OSError:
        return []
    writable = [place for place in found if os.access(place, os.W_OK) and os.path.isdir(place)]
    return [place for place in writable if os.stat(place).st_dev in devices]


def _trees(places: Iterable[str], points: Sequence[str]) -> list[Tree]:
    found = [
        Tree(place, tuple(sorted({point for point in points if _is_in(point, place)}, key=len)))
        for place in sorted(set(places) - {"/"}, key=len)
    ]
    return [tree for tree in found if len(tree.mounted) <= MOST_MOUNTS]


def _is_in(path: str, directory: str) -> bool:
    return path.startswith(directory + "/")


def _mount_points() -> list[str]:
    try:
        lines = MOUNTS.read_text("utf-8", "surrogateescape").splitlines()
    except OSError:
        return []
    return [line.split(" ")[4].encode("latin-1", "replace").decode("unicode_escape") for line in lines]
