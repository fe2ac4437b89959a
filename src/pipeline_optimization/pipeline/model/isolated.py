"""The only element of a bundle that cannot be split. If it kills its workers, only the process of the run can read it again, to show it."""

from __future__ import annotations

from pipeline_optimization.pipeline.model.batch import Placed
from pipeline_optimization.pipeline.model.contents import Contents, LineRange
from pipeline_optimization.sources.lines import split_lines
from pipeline_optimization.sources.random_access import read_once

__all__ = ["read_isolated"]

BEGINNING = 1 << 10
"""Bytes of a line that are read. A line may have killed its worker by its length."""


def read_isolated(contents: Contents) -> Placed | None:
    """Return the only element of a part, or None if it has none or can be split. A line may lack its end.

    Raises InputError if the element cannot be read (any more).
    """
    if contents.split():
        return None
    if isinstance(contents, LineRange):
        return _first_line(contents)
    return next((element for read in contents.reads() for element in read.elements), None)


def _first_line(contents: LineRange) -> Placed | None:
    """Return the beginning of the line that begins with a range, or None if none begins there."""
    part = contents.part
    before = min(1, part.start)
    start, stop = part.start - before, min(contents.total, part.start + BEGINNING)
    data = read_once(part.path, start, stop - start, part.state)
    if before and data[:1] != b"\n":
        return None
    _, lines = split_lines(data[before:])
    return (contents.number, part.start), lines[0]
