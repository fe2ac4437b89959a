"""Which directory trees a sample may write to without anybody seeing it."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from pipeline_optimization.disk_cache import cache_directory

__all__ = ["private_trees"]

MOUNTS = Path("/proc/self/mountinfo")


def private_trees(source: str) -> list[str]:
    """Return the trees that a contender of this file (or plugin) might write to, none of them inside another.

    A tree in which something else is mounted is left out, because an overlay would hide that.
    """
    places = ["/tmp", "/var/tmp", os.getcwd(), sys.prefix]  # noqa: S108 - nothing is written there
    places += map(str, (tempfile.gettempdir(), Path.home(), cache_directory()))
    if os.path.isabs(source):
        places.append(os.path.dirname(source))
    return _outermost(os.path.realpath(place) for place in places if os.path.isdir(place))


def _outermost(places: Iterable[str]) -> list[str]:
    mounted = _mount_points()
    found: list[str] = []
    for place in sorted(set(places), key=len):
        is_whole = not any(point != place and point.startswith(place.rstrip("/") + "/") for point in mounted)
        if is_whole and not any(place == other or place.startswith(other + "/") for other in found):
            found.append(place)
    return found


def _mount_points() -> list[str]:
    try:
        lines = MOUNTS.read_text("utf-8", "surrogateescape").splitlines()
    except OSError:
        return []
    return [line.split(" ")[4].encode("latin-1", "replace").decode("unicode_escape") for line in lines]
