"""The deliveries of a file: a line of JSON for each, in a file beside it.

A delivery is committed when its line is whole and synced. That is after the file itself was synced, so a line always tells the true length of the
file. Bytes after that length belong to a delivery that was cut off.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from attrs import frozen

__all__ = ["Journal", "Mark", "sync_directory"]


@frozen
class Mark:
    """The length of a file.

    Attributes:
        number: The number of its last delivery.
        length: Its length in bytes after that delivery.
        ended: Its length in bytes after it was completed, or None.
    """

    number: int = 0
    length: int = 0
    ended: int | None = None


class Journal:
    """The journal of one run. ``facts`` are those in its first line."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.facts: dict[str, Any] = {}
        self.mark = Mark()
        self._length = 0

    def read(self) -> None:
        """Read what there is. A line that was cut off does not count."""
        self.facts, self.mark, self._length = {}, Mark(), 0
        try:
            data = self.path.read_bytes()
        except FileNotFoundError:
            return
        for line in data.splitlines(keepends=True):
            try:
                fields = json.loads(line)
                if not (line.endswith(b"\n") and isinstance(fields, dict)):
                    return
                if self._length == 0:
                    self.facts = fields
                else:
                    self.mark = Mark(int(fields["number"]), int(fields["length"]), fields.get("ended"))
            except (KeyError, TypeError, ValueError):
                return
            self._length += len(line)

    def begin(self, facts: dict[str, Any]) -> None:
        """Begin anew, with these facts."""
        self.facts, self.mark, self._length = facts, Mark(), 0
        self._append(facts)
        sync_directory(self.path.parent)

    def put(self, mark: Mark) -> None:
        """Commit how long the file is."""
        ended = {} if mark.ended is None else {"ended": mark.ended}
        self._append({"number": mark.number, "length": mark.length, **ended})
        self.mark = mark

    def remove(self) -> None:
        self.path.unlink(missing_ok=True)

    def _append(self, fields: dict[str, Any]) -> None:
        line = json.dumps(fields).encode() + b"\n"
        with self.path.open("r+b" if self._length else "wb") as file:
            file.truncate(self._length)  # what is behind it is half a line
            file.seek(self._length)
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
        self._length += len(line)


def sync_directory(path: Path) -> None:
    """Make the names in a directory safe, if the system can do that."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
