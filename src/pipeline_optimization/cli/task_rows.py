"""How far each task of a run is, as lines that fit into a terminal: that of the run, or the one of ``anagram watch``."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from textwrap import wrap

from attrs import define, field, frozen

from pipeline_optimization.printable import printable
from pipeline_optimization.time_units import in_unit

__all__ = ["Rates", "TaskRow", "clock", "lines_of"]

WINDOW = 10.0
"""Seconds over which a rate is measured."""

SHORTEST_NAME = 12
"""Characters of a task's name that are always shown. If there is no room for them, a column is left out."""

GAP = "  "

FORMS: Mapping[str, str] = {"h": ",.1f", "min": ".0f"}
"""How amounts of some units are written. Those of all others have three significant digits."""


@frozen(kw_only=True)
class TaskRow:
    """What is shown of one task. A column is left out if its value is known of no task."""

    task: str
    done: int
    total: int | None = None
    rate: float | None = None
    errors: int = 0
    retries: int = 0
    failed: int | None = None
    in_flight: int | None = None
    median: float | None = None


def lines_of(header: str, rows: Sequence[TaskRow], width: int) -> list[str]:
    """Return the header, and below it a table of the rows. In a narrow terminal the header takes several lines, and the table has fewer columns."""
    head = wrap(printable(header), width)
    if not rows:
        return head
    columns = [column for column in _columns(rows) if any(column[1:])]
    names = [printable(row.task) for row in rows]
    longest = max(map(len, [*names, "task"]))
    while len(columns) > 1 and _width(columns) + min(longest, SHORTEST_NAME) > width:
        columns.pop()
    widths = [max(map(len, column)) for column in columns]
    room = min(longest, max(SHORTEST_NAME, width - _width(columns)))
    lines = []
    for at, name in enumerate(["task", *names]):
        cells = "".join(GAP + column[at].rjust(size) for column, size in zip(columns, widths, strict=True))
        lines.append((name if len(name) <= room else name[: room - 1] + "…").ljust(room) + cells)
    return [*head, *(line[:width] for line in lines)]


def _columns(rows: Sequence[TaskRow]) -> list[list[str]]:
    """Return the columns, each with its title, the most important one first."""
    has = {name: any(getattr(row, name) is not None for row in rows) for name in ("failed", "in_flight", "median")}
    return [
        ["done", *(f"{row.done:,}" for row in rows)],
        ["of", *("" if row.total is None else f"{row.total:,}" for row in rows)],
        ["a second", *("" if row.rate is None else _rate(row.rate) for row in rows)],
        ["failed", *(f"{row.failed or 0:,}" for row in rows)] if has["failed"] else [""],
        ["errors", *(f"{row.errors:,}" for row in rows)],
        ["retries", *(f"{row.retries:,}" for row in rows)],
        ["in flight", *(f"{row.in_flight or 0:,}" for row in rows)] if has["in_flight"] else [""],
        ["median", *("" if row.median is None else clock(row.median) for row in rows)] if has["median"] else [""],
    ]


def _width(columns: Sequence[Sequence[str]]) -> int:
    return sum(len(GAP) + max(map(len, column)) for column in columns)


def _rate(rate: float) -> str:
    return f"{rate:,.0f}" if rate >= 10 or not rate else f"{rate:.2g}"


def clock(seconds: float) -> str:
    """Return a time in a unit that suits it, in few characters."""
    amount, unit = in_unit(seconds)
    return f"{amount:{FORMS.get(unit, '.3g')}} {unit}"


@define
class Rates:
    """Measures how many items a second each task has done lately."""

    clock: Callable[[], float]
    _seen: deque[tuple[float, Mapping[str, int]]] = field(factory=deque)

    def of(self, done: Mapping[str, int]) -> Mapping[str, float]:
        """Return the rates, given how many items of each task are done by now."""
        now = self.clock()
        if not self._seen:
            self._seen.append((now, {}) if not any(done.values()) else (now, dict(done)))
            return {}
        while len(self._seen) > 1 and self._seen[1][0] <= now - WINDOW:
            self._seen.popleft()
        if now - self._seen[-1][0] >= WINDOW / 20:
            self._seen.append((now, dict(done)))
        since, before = self._seen[0]
        if now <= since:
            return {}
        return {task: (number - before.get(task, 0)) / (now - since) for task, number in done.items()}
