"""The sinks ``ndjson:FILE``, ``csv:FILE`` and ``json:FILE``. The file is written under another name, and renamed when it is whole."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from io import FileIO
from pathlib import Path

from attrs import evolve

from pipeline_optimization.errors import SinkError
from pipeline_optimization.file_lock import lock
from pipeline_optimization.output import end_of_links, take_place
from pipeline_optimization.sinks.forms import Form
from pipeline_optimization.sinks.journal import Journal, Mark, sync_directory
from pipeline_optimization.sinks.names import JOURNAL, PARTIAL, files_of
from pipeline_optimization.sinks.place import check_place, explained
from pipeline_optimization.types import Row

__all__ = ["FileSink"]


class FileSink:
    """Writes rows into a file.

    While the run lasts, the rows are in ``FILE.partial``, and ``FILE.deliveries`` is their journal. A run without a checkpoint has no journal. The
    journal stays there after the run, because elements that failed may be tried again later. Then the file becomes a partial one again.
    """

    def __init__(self, path: str, form: Callable[[], Form]) -> None:
        self._name = path
        self._target = end_of_links(Path(path))
        self._partial = self._target.with_name(f"{self._target.name}{PARTIAL}")
        self._journal = Journal(self._target.with_name(f"{self._target.name}{JOURNAL}"))
        self._form = form()
        self._run: str | None = None
        self._file: FileIO | None = None
        self._mark = Mark()

    @property
    def files(self) -> Sequence[str]:
        """Return the files that may be written."""
        return files_of(str(self._target))

    def open(self, run: str | None) -> int:
        with explained(self._name):
            check_place(self._target, self._name)
            self._run = run
            self._mark = Mark()
            if run is None:
                return 0
            self._journal.read()
            if self._journal.facts.get("run") != run or self._place() is None:
                return 0
            self._mark = self._journal.mark
            self._form.facts = self._journal.facts.get("form", {})
            return self._mark.number

    def deliver(self, number: int, rows: Sequence[Row]) -> None:
        if number <= self._mark.number:
            return
        data = self._form.encode(rows, is_first=self._mark.length == 0)
        with explained(self._name):
            file = self._opened()
            self._write(file, data, is_safe=self._run is not None)
            mark = Mark(number, self._mark.length + len(data))
            self._note(mark)
            self._mark = mark

    def close(self, *, is_complete: bool) -> None:
        with explained(self._name):
            try:
                if is_complete and not (self._file is None and self._is_whole()):
                    self._complete()
            finally:
                if self._file is not None:
                    file, self._file = self._file, None
                    file.close()

    def _complete(self) -> None:
        file = self._opened()
        end = self._form.end(is_empty=self._mark.length == 0)
        self._write(file, end, is_safe=True)
        self._note(evolve(self._mark, ended=self._mark.length + len(end)))
        take_place(self._partial, self._target)
        sync_directory(self._target.parent)

    def _note(self, mark: Mark) -> None:
        """Write into the journal, if there is one, how long the file is."""
        if self._run is None:
            return
        if self._mark.number == 0:
            self._journal.begin({"run": self._run, "form": self._form.facts})
        self._journal.put(mark)

    def _is_whole(self) -> bool:
        """Return whether the file is in its place already, left there by an earlier run with the same identity."""
        return self._run is not None and self._journal.facts.get("run") == self._run and self._place() == self._target

    def _place(self) -> Path | None:
        """Return the file that contains what the journal says, or None if there is none."""
        mark = self._journal.mark
        if mark.ended is not None and _size(self._target) == mark.ended and _size(self._partial) is None:
            return self._target
        size = _size(self._partial)
        return self._partial if size is not None and size >= mark.length else None

    def _opened(self) -> FileIO:
        """Return the partial file, cut to its length after the last delivery."""
        if self._file is not None:
            return self._file
        if self._mark.number and self._place() == self._target:
            # An earlier run had completed the file, and this one has more rows for it.
            os.replace(self._target, self._partial)
        file = open(os.open(self._partial, os.O_RDWR | os.O_CREAT, 0o666), "r+b", buffering=0)  # noqa: SIM115 - kept open
        try:
            if not lock(file):
                raise SinkError(f"Another run is writing {self._name!r}. Wait for it, or name another file.")
            if not self._mark.number:
                self._journal.remove()  # first, because it does not describe the file that begins now
            file.truncate(self._mark.length)
            file.seek(self._mark.length)
        except BaseException:
            file.close()
            raise
        self._file = file
        return file

    def _write(self, file: FileIO, data: bytes, *, is_safe: bool) -> None:
        """Write, and sync if it must be ``is_safe``. After an error, what was written is cut off before more is written."""
        try:
            left = memoryview(data)
            while left:
                left = left[file.write(left) :]
            if is_safe:
                os.fsync(file.fileno())
        except OSError:
            self._file = None
            file.close()
            raise


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return None
