"""The figures of ``hatch run speed --plot``: seconds of whole programs by size, kept as JSON and told as Markdown."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

from attrs import asdict, frozen

from speed_table.alternation import Timing

__all__ = ["ORCHESTRATORS", "WORKS", "PlotFigures", "Work"]

ORCHESTRATORS = ("sequential", "threaded", "asyncio", "multiprocess")
"""Those of this project that run on one machine; all others are programs of others."""


@frozen(kw_only=True)
class Work:
    """What programs are compared at. Sizes are counted in ``unit``, each of which is ``one`` of a timing's size."""

    title: str
    unit: str
    one: int = 1
    ticks: str
    """How sizes stand below the picture, in d3's notation."""

    def amount(self, size: int) -> float:
        """Return a size in this work's unit."""
        return size / self.one

    def size_text(self, size: int) -> str:
        return f"{self.amount(size):,.10g} {self.unit}"


WORKS: Mapping[str, Work] = {
    "sum": Work(title="Sum of numbers, one on each line", unit="lines", ticks="~s"),
    "words": Work(title="Word count", unit="MB", one=1_000_000, ticks="~g"),
}
"""By the section of their timings."""


@frozen(kw_only=True)
class PlotFigures:
    """What was measured, and where. A timing's section is the name of its work."""

    machine: Mapping[str, object]
    rounds: int
    timings: Sequence[Timing]

    @classmethod
    def read(cls, path: Path) -> Self:
        """Return figures that ``write`` wrote."""
        document = json.loads(path.read_text("utf-8"))
        timings = [Timing(**timing) for timing in document.pop("timings")]
        return cls(rounds=document.pop("rounds"), machine=document, timings=timings)

    def write(self, path: Path) -> None:
        document = {**self.machine, "rounds": self.rounds, "timings": [asdict(timing) for timing in self.timings]}
        path.write_text(json.dumps(document, indent=2) + "\n", "utf-8")

    def of(self, work: str) -> Sequence[Timing]:
        return [timing for timing in self.timings if timing.section == work]

    def markdown(self) -> str:
        """Return a table for each work, and how they were measured, as docs/performance.md has them."""
        tables = [self._table(name) for name in WORKS if self.of(name)]
        return "\n\n".join([*tables, self._caption()]) + "\n"

    def _table(self, work: str) -> str:
        timings = self.of(work)
        sizes = sorted({timing.size for timing in timings})
        cells = {(timing.program, timing.size): f"{timing.median:.2f}" for timing in timings}
        head = [WORKS[work].title, *(WORKS[work].size_text(size) for size in sizes)]
        rows = [
            [
                f"`{program}`" if program in ORCHESTRATORS else program,
                *(cells.get((program, size), "") for size in sizes),
            ]
            for program in dict.fromkeys(timing.program for timing in timings)
        ]
        return "\n".join(f"| {' | '.join(row)} |" for row in [head, ["---", *["---:"] * len(sizes)], *rows])

    def _caption(self) -> str:
        has = self.machine
        return (
            f"Seconds of whole programs, medians of {self.rounds} rounds in turn, on {has['cores']} cores ({has['processor']}, "
            f"{has['machine']}) with CPython {has['python']}, {has['date']}; the load average before was {has['load']}."
        )
