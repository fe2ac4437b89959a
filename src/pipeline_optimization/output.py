"""The places of results: standard output, or a file that appears only when it is whole."""

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
    """Raise UsageError if a file that is to be written is one of those that are read. Members that are None are ignored."""
    for other in read:
        try:
            is_same = other is not None and os.path.samefile(path, other)
        except (OSError, ValueError):  # one of them does not exist
            continue
        if is_same:
            raise UsageError(f"{path!r} is read here, and {option} would write over it. Name another file.")


@contextmanager
def open_output(path: str, *, option: str = "--output", errors: str = "strict") -> Iterator[TextIO]:
    """Open ``-`` (standard output) or a file for writing text.

    A regular file is written beside its place, synced, and renamed. So at any time there is the old file or the new one. The new file gets the mode
    of the old one, and its owner if the system allows that. If the path is a symbolic link, its target is written. Raises UsageError if it cannot be
    written, before anything is run if that can be known. The message names the option that gave the path. ``errors`` says what becomes of halves of
    surrogate pairs, which UTF-8 cannot write, and with which Python names files whose names are no UTF-8; it has no effect on standard output.
    """
    if path == "-":
        yield sys.stdout
        sys.stdout.flush()
        return
    target = Path(path)
    try:
        if target.exists() and not target.is_file() and not target.is_dir():
            with target.open("w", encoding="utf-8", errors=errors) as stream:
                yield stream
            return
        if target.is_dir():
            raise IsADirectoryError(21, "Is a directory")
        with _replacing(end_of_links(target), errors) as stream:
            yield stream
    except BrokenPipeError:
        raise
    except OSError as error:
        raise UsageError(f"Cannot write {path!r}: {error.strerror or error}. Name another {option}.") from error


@contextmanager
def _replacing(target: Path, errors: str) -> Iterator[TextIO]:
    import tempfile  # noqa: PLC0415 - most results go to standard output

    with ExitStack() as stack:
        with stop_signals_put_off():  # until it is certain that the file will be removed
            handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".part")
            stack.callback(_remove, name)
            stream = stack.enter_context(os.fdopen(handle, "w", encoding="utf-8", errors=errors, newline=""))
        yield stream
        with stop_signals_put_off():
            stream.flush()
            os.fsync(stream.fileno())
            stream.close()
            _dress(name, target)
            os.replace(name, target)


def _remove(name: str) -> None:
    """Remove a file that was not renamed to its place."""
    with stop_signals_put_off(), suppress(FileNotFoundError):
        os.unlink(name)


def end_of_links(path: Path) -> Path:
    """Return the path to which a path's symbolic links lead. It need not exist. Raises OSError for links in a circle."""
    end = Path(os.path.realpath(path))
    if end.is_symlink():
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
    return end


def take_place(path: Path, target: Path) -> None:
    """Rename a file that is whole and synced to its place. It gets the mode of the file there, and its owner if the system allows that."""
    if target.exists():
        _dress(str(path), target)
    os.replace(path, target)


def _dress(name: str, target: Path) -> None:
    """Give a new file the mode and the owner of the file that it replaces, or else those of any new file of the user."""
    try:
        old = target.stat()
    except FileNotFoundError:
        # mkstemp makes private files. A result is as public as any file that the user creates.
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(name, 0o666 & ~mask)
        return
    if hasattr(os, "chown"):
        with suppress(PermissionError):  # only the superuser can give files away
            os.chown(name, old.st_uid, old.st_gid)
    os.chmod(name, stat.S_IMODE(old.st_mode))
