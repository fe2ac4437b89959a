"""The sink under test, and the places into which it delivers."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from attrs import field, frozen

from pipeline_optimization.errors import OptionError
from pipeline_optimization.registry import Choice, Registry
from pipeline_optimization.testing.checks import CheckSkippedError, require
from pipeline_optimization.types import Row, Sink

__all__ = ["LEAST_ROWS", "Place", "SinkSubject"]

LEAST_ROWS = 3
"""Different rows that the checks need at least: for a delivery of one row, and one of two."""


@frozen(kw_only=True)
class SinkSubject:
    """A sink that delivers into the checks' own directories.

    Attributes:
        make: Builds a sink that delivers into a directory.
        read: Returns the rows that a reader finds there, in any order.
        rows: Rows that the sink takes.
        refused: Rows that it refuses in a delivery with those.
        choice: How it is registered, if it is.
    """

    make: Callable[[Path], Sink] | None
    read: Callable[[Path], Sequence[Row]] | None = None
    rows: Sequence[Row] = ()
    refused: Sequence[Row] = ()
    choice: Choice[Sink] | None = None

    @classmethod
    def named(cls, registry: Registry, label: str, options: Mapping[str, object]) -> SinkSubject:
        """Return a registered sink. It is not known how to read what it delivers. Raises UsageError and PluginError."""
        return cls(make=None, choice=registry.sink(label, options))

    @contextmanager
    def place(self) -> Iterator[Place]:
        """Give a place into which nothing was delivered yet."""
        if self.make is None or self.read is None:
            raise CheckSkippedError(
                "it is not known how to read what it delivers: derive from SinkContract and override read()"
            )
        different = {repr(row) for row in self.rows}
        if len(different) < LEAST_ROWS or len(different) < len(self.rows):
            raise OptionError(
                f"The checks need {LEAST_ROWS} rows that the sink takes, or more, all of them different: rows = [...]."
            )
        with tempfile.TemporaryDirectory() as folder:
            yield Place(Path(folder), self.make, self.read)


@frozen
class Place:
    """A directory, with sinks that deliver into it. ``run`` is the identity of a run."""

    folder: Path
    make: Callable[[Path], Sink]
    reader: Callable[[Path], Sequence[Row]] = field(repr=False)
    run: str = field(factory=lambda: uuid4().hex)

    def opened(self, run: str | None, last: int) -> Sink:
        """Return a new sink that was opened for a run. Its ``open`` must have returned ``last``."""
        sink = self.make(self.folder)
        said: object = sink.open(run)
        require(said == last, f"open() said that the last delivery of the run is {said!r}, and it is {last}.")
        return sink

    def shown(self) -> list[str]:
        """Return the rows that are there, sorted by their ``repr``."""
        return sorted(repr(row) for row in self.reader(self.folder))
