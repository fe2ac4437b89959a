"""The files that a sample must not read. A process that knows the seed knows texts and faults before they come."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil

from pipeline_optimization.disk_cache import cache_directory

__all__ = ["comparisons_directory", "hidden_paths"]


def comparisons_directory() -> Path:
    """Return the cache directory for files of comparisons whose user named no file."""
    return cache_directory() / "comparisons"


def hidden_paths() -> list[str]:
    """Return the files and directories that contain the seed of this comparison, or of another one that is running.

    They are the files that this process writes (the samples so far, with the seed in the first line), the directory of such files, and the command
    lines of this process and of its ancestors.
    """
    found = [*_written_files(), *_command_lines()]
    directory = comparisons_directory()
    if directory.is_dir():
        found.append(str(directory))
    return list(dict.fromkeys(found))


def _written_files() -> Iterator[str]:
    with suppress(OSError):
        for name in os.listdir("/proc/self/fd"):
            with suppress(OSError, ValueError):
                if not stat.S_ISREG(os.stat(f"/proc/self/fd/{name}").st_mode):
                    continue
                facts = dict(line.split(":", 1) for line in Path(f"/proc/self/fdinfo/{name}").read_text().splitlines())
                path = os.readlink(f"/proc/self/fd/{name}")
                if int(facts["flags"], 8) & os.O_ACCMODE != os.O_RDONLY and os.path.exists(path):
                    yield path


def _command_lines() -> Iterator[str]:
    with suppress(psutil.Error):
        me = psutil.Process()
        for process in (me, *me.parents()):
            for directory in (f"/proc/{process.pid}", *map(str, Path(f"/proc/{process.pid}/task").glob("*"))):
                yield f"{directory}/cmdline"
