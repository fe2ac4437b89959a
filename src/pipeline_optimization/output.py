"""Where results go: standard output, or a file that appears only when it is whole."""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TextIO

from pipeline_optimization.errors import UsageError
from pipeline_optimization.signal_mask import stop_signals_put_off

__all__ = ["end_of_links", "open_output", "refuse_overwriting", "take_place"]


def refuse_overwriting(path: str, read: Iterable[str | None], *, option: str) -> None:
    """Raise UsageError where a file that is to be written is one of those that are read; None stands for none."""
    for other in read:
        try:
            is_same = other is not None and os.path.samefile(path, other)
        except (OSError, ValueError):  # one of them does not exist
            continue
        if is_same:
            raise UsageError(f"{path!r} is read here, and {option} would write over it. Name another file.")


@contextmanager
def open_output(path: str, *, option: str = "--output") -> Iterator[TextIO]:
    """Open ``-`` (standard output) or a file for writing text.

    A regular file is written beside its place, synced, and renamed: whatever happens, there is the old file or the new
    one, which has the mode and, if the system lets us, the owner of the old one. Through a symbolic link its target is
    written. Raises UsageError where it cannot be written, before anything is run if that can be known; the message names
    the option that gave the path.
    """
    if path == "-":
        yield sys.stdout
        sys.stdout.flush()
        return
    target = Path(path)
    try:
        if target.exists() and not target.is_file() and not target.is_dir():
            with target.open("w", encoding="utf-8") as stream:
                yield stream
            return
        if target.is_dir():
            raise IsADirectoryError(21, "Is a directory")
        with _replacing(end_of_links(target)) as stream:
            yield stream
    except BrokenPipeError:
        raise
    except OSError as error:
        raise UsageError(f"Cannot write {path!r}: {error.strerror or error}. Name another {option}.") from error


@contextmanager
def _replacing(target: Path) -> Iterator[TextIO]:
    import tempfile  # noqa: PLC0415 - most results go to standard output

    with ExitStack() as stack:
        with stop_signals_put_off():  # until it is known who removes the file
            handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".part")
            stack.callback(_remove, name)
            stream = stack.enter_context(os.fdopen(handle, "w", encoding="utf-8", newline=""))
        yield stream
        with stop_signals_put_off():
            stream.flush()
            os.fsync(stream.fileno())
            stream.close()
            _dress(name, target)
            os.replace(name, target)


def _remove(name: str) -> None:
    """Remove a file that has not taken its place."""
    with stop_signals_put_off(), suppress(FileNotFoundError):
        os.unlink(name)


def end_of_links(path: Path) -> Path:
    """Return what a path's symbolic links lead to, which need not exist. Raises OSError for links in a circle."""
    end = Path(os.path.realpath(path))
    if end.is_symlink():
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
    return end


def take_place(path: Path, target: Path) -> None:
    """Let a file that is whole and synced take its place, with the mode and, if the system lets us, the owner of the one that is there."""
    if target.exists():
        _dress(str(path), target)
    os.replace(path, target)


def _dress(name: str, target: Path) -> None:
    """Give a new file the mode and the owner of the one whose place it takes, else those of any file of the user."""
    try:
        old = target.stat()
    except FileNotFoundError:
        # mkstemp makes files private; a result is as public as any file that the user creates.
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(name, 0o666 & ~mask)
        return
    if hasattr(os, "chown"):
        with suppress(PermissionError):  # only the superuser gives files away
            os.chown(name, old.st_uid, old.st_gid)
    os.chmod(name, stat.S_IMODE(old.st_mode))
