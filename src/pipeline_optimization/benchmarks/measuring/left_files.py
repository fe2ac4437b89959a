"""Finds what a sample leaves in shared directories, if the system has no namespaces, by looking before and after."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress

from attrs import frozen

__all__ = ["SeenFiles", "changed_files", "seen_files"]

MOST = 5000
"""The most files that are looked at in one directory, because a look must not take long."""

OWN = "anagram-sample-"
"""The names of the harness's own directories begin with this."""


@frozen
class SeenFiles:
    """The files of some directories, with facts that change when somebody writes to them."""

    directories: tuple[str, ...]
    files: Mapping[str, tuple[int, int]]


def seen_files(directories: Iterable[str]) -> SeenFiles:
    """Look at the files that are directly in these directories, and in the system's shared memory."""
    places = tuple(dict.fromkeys([*directories, "/tmp", "/var/tmp", "/dev/shm"]))  # noqa: S108 - they are only looked at
    return SeenFiles(places, {path: state for place in places for path, state in _files(place)})


def changed_files(before: SeenFiles) -> list[str]:
    """Return the paths that are new since then, or were written to."""
    now = {path: state for place in before.directories for path, state in _files(place)}
    return sorted(path for path, state in now.items() if before.files.get(path) != state)


def _files(directory: str) -> Iterator[tuple[str, tuple[int, int]]]:
    with suppress(OSError), os.scandir(directory) as entries:
        for _, entry in zip(range(MOST), entries, strict=False):
            with suppress(OSError):
                status = entry.stat(follow_symlinks=False)
                if entry.name.startswith(OWN) or entry.name == "__pycache__":
                    continue
                # Of a directory only its existence counts, because others write into it too.
                yield entry.path, (0, 0) if entry.is_dir() else (status.st_mtime_ns, status.st_size)
