"""Reads a file of events while its run still writes it."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Self

from pipeline_optimization.errors import InputError
from pipeline_optimization.observing.reading import LONGEST, EventReader, Line
from pipeline_optimization.types.events import RunStarted

__all__ = ["Following"]

NAP = 0.2
"""Seconds between two looks at a file that has nothing new."""

PATIENCE = 5.0
"""Seconds within which a run that has just begun must create its file."""


class Following:
    """Yields the lines of a file as they come, until its run has ended. Now and then, while nothing comes, it yields None.

    Raises InputError if there is no such file, or if it is no file of events.

    Attributes:
        was_killed: Afterwards, whether the run's process is gone without its last line.
    """

    def __init__(self, path: str, *, sleep: Callable[[float], object] = time.sleep) -> None:
        self._path = path
        self._sleep = sleep
        self._started: RunStarted | None = None
        self.was_killed = False
        for _ in range(int(PATIENCE / NAP)):
            if os.path.exists(path):
                break
            sleep(NAP)
        try:
            self._stream = open(path, "rb")  # noqa: SIM115 - closed by __exit__
        except OSError as error:
            raise InputError(f"Cannot read the events {path!r}: {error.strerror}.", source=path) from error
        self._reader = EventReader(path)
        self._rest = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stream.close()

    def __iter__(self) -> Iterator[Line | None]:
        is_last_look = False
        while self._reader.is_cut:
            data = self._stream.readline(LONGEST)
            if data.endswith(b"\n"):
                line = self._reader.line_of(self._rest + data)
                self._rest = b""
                if line is not None and isinstance(line.event, RunStarted):
                    self._started = line.event
                if line is not None:
                    yield line
                continue
            self._rest += data
            if len(self._rest) >= LONGEST:
                raise self._reader.too_long()
            if is_last_look:
                self.was_killed = True
                return
            is_last_look = self._is_gone()
            yield None
            self._sleep(NAP)

    def _is_gone(self) -> bool:
        """Return whether the run's process has certainly ended: it was on this machine, and no process has its pid."""
        started = self._started
        if started is None or started.host != platform.node() or started.pid <= 0:
            return False
        try:
            os.kill(started.pid, 0)
        except ProcessLookupError:
            return True
        except (OSError, OverflowError):  # it belongs to another user, or no process can have such a pid
            return False
        return False
