"""Standard streams that are closed, or cannot be written to."""

from __future__ import annotations

import os
import select
import stat
import sys
from typing import TextIO

from pipeline_optimization.errors import UsageError
from pipeline_optimization.foreign_code import overheard

__all__ = ["QuietStream", "TellingStream", "has_unread_input", "replace_closed_streams"]


def replace_closed_streams() -> None:
    """Open something in place of each standard stream that is closed.

    Otherwise the next file that is opened would get the stream's number, and error messages would be written into that file. Text for a
    closed standard error is lost. Writing to a closed standard output fails, as results must not be lost, and so does reading input.
    """
    for number, flags in enumerate((os.O_WRONLY, os.O_RDONLY, os.O_WRONLY)):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, flags)  # it gets the lowest number that is free, which is this one
    if sys.stdout is None:
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - until the program ends
    if sys.stderr is None:
        sys.stderr = open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - as above


def has_unread_input() -> bool:
    """Return whether standard input is a pipe, a socket or a file that has data now. This neither waits nor reads."""
    try:
        handle = sys.stdin.fileno()
        mode = os.fstat(handle).st_mode
        if stat.S_ISREG(mode):
            return os.fstat(handle).st_size > os.lseek(handle, 0, os.SEEK_CUR)
        if not (stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)):
            return False
        poll = select.poll()
        poll.register(handle, select.POLLIN)
        return any(event & select.POLLIN for _, event in poll.poll(0))
    except (OSError, ValueError, AttributeError):  # it is closed, or an object of another kind took its place
        return False


class TellingStream:
    """Standard output that raises UsageError if it cannot be written to, so that no caller has to think of a full disk.

    A closed pipe still raises BrokenPipeError, since it is no failure. A character that the stream's encoding does not have is
    written as its number. Text that a plugin prints goes to standard error instead.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> object:
        return getattr(self._stream, name)

    def write(self, text: str, /) -> int:
        if overheard(text):
            return len(text)
        try:
            return self._stream.write(text)
        except UnicodeEncodeError:
            encoding = self._stream.encoding  # the error may name another one, "charmap"
            return self.write(text.encode(encoding, "backslashreplace").decode(encoding))
        except BrokenPipeError:
            raise
        except OSError as error:
            raise _unwritable(error) from error

    def flush(self) -> None:
        try:
            self._stream.flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            raise _unwritable(error) from error


class QuietStream:
    """Standard error that drops text which cannot be written: a full disk must not hide how a command ended.

    A closed pipe raises BrokenPipeError, as on standard output.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> object:
        return getattr(self._stream, name)

    def write(self, text: str, /) -> int:
        try:
            return self._stream.write(text)
        except BrokenPipeError:
            raise
        except OSError:
            self._forget()
            return len(text)

    def flush(self) -> None:
        try:
            self._stream.flush()
        except BrokenPipeError:
            raise
        except OSError:
            self._forget()

    def _forget(self) -> None:
        """Drop the text that the stream holds, and all that follows. Python would complain about it once more at exit."""
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self._stream.fileno())
        os.close(nowhere)


def _unwritable(error: OSError) -> UsageError:
    return UsageError(f"Cannot write to standard output: {error.strerror or error}.")
