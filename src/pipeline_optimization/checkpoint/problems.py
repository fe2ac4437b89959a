"""The errors of a checkpoint's file. Each says what to do."""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from pipeline_optimization.errors import CheckpointError

__all__ = ["damaged", "explained"]


def damaged(path: str, why: object) -> CheckpointError:
    return CheckpointError(
        f"The checkpoint {path!r} is damaged: {why}. It was cut off or overwritten; start anew with another file.",
        path=path,
    )


@contextmanager
def explained(path: str) -> Iterator[None]:
    """Turn SQLite's errors into ours."""
    try:
        yield
    except CheckpointError:
        raise  # it is a ValueError too, which is caught below
    except sqlite3.OperationalError as error:
        reason = str(error)
        if "locked" in reason and not _has_locks(path):
            text = (
                f"The file system of {path!r} has no file locks, without which a checkpoint is not safe. Name a file on "
                "another file system, such as a local one."
            )
        elif "locked" in reason:
            text = f"The checkpoint {path!r} is in use by another run. Wait for it, or name another file."
        elif "unable to open" in reason:
            text = (
                f"The checkpoint {path!r} cannot be opened: name a file in a directory that exists and can be written."
            )
        else:
            text = (
                f"The checkpoint {path!r} cannot be read or written: {reason}. What was committed is kept: check the "
                "disk, and go on with --resume."
            )
        raise CheckpointError(text, path=path) from error
    except (sqlite3.DatabaseError, TypeError, ValueError) as error:
        if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_NOTADB:
            raise CheckpointError(f"{path!r} is no checkpoint of a run. Name another file.", path=path) from error
        raise damaged(path, error) from error


def _has_locks(path: str) -> bool:
    """Return whether files beside ``path`` can be locked. SQLite does not distinguish that from a lock of another run."""
    import tempfile  # noqa: PLC0415 - only if a checkpoint cannot be locked

    try:
        import fcntl  # noqa: PLC0415 - not on Windows, whose locks always work

        # This does not lock the file itself, because closing it would give up the locks of another run in this process.
        with tempfile.TemporaryFile(dir=os.path.dirname(path) or os.curdir) as probe:
            fcntl.lockf(probe, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno not in {errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS}
    except ImportError:
        return True
    return True
