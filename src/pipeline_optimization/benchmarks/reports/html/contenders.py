"""The contenders of a report: their names as shown, and the colour, shape and dash of each in every chart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from attrs import frozen

from pipeline_optimization.benchmarks.reports.html.theme import DASHES, LIGHT, SHAPES
from pipeline_optimization.benchmarks.results import Results
from pipeline_optimization.printable import printable

__all__ = ["Contenders", "KeyEntry"]


@frozen(kw_only=True)
class KeyEntry:
    """A line of a chart's key. ``colour`` is an index into the theme's series."""

    name: str
    colour: int
    shape: str
    dash: str


@frozen
class Contenders:
    """All names in results, in the order of their first occurrence."""

    names: Sequence[str]

    @classmethod
    def of(cls, results: Results) -> Contenders:
        """Return the contenders of results, including those that only samples have."""
        named = [*(c.name for c in results.contenders), *(s.contender for s in results.samples)]
        return cls(list(dict.fromkeys(printable(name) for name in named)))

    def colour(self) -> dict[str, object]:
        """Return the encoding that gives each contender its colour, the same in every chart."""
        return {"field": "contender", "type": "nominal", "scale": {"domain": [*self.names]}, "legend": None}

    def shape(self) -> dict[str, object]:
        """Return the encoding that gives each contender its shape."""
        return self._ranged([SHAPES[i % len(SHAPES)] for i in range(len(self.names))])

    def dash(self) -> dict[str, object]:
        """Return the encoding that gives each contender its line pattern."""
        return self._ranged([list(DASHES[i % len(DASHES)]) for i in range(len(self.names))])

    def key(self) -> list[KeyEntry]:
        """Return the key for colours, shapes and dashes."""
        return [
            KeyEntry(
                name=name,
                colour=i % len(LIGHT.series),
                shape=SHAPES[i % len(SHAPES)],
                dash=" ".join(str(length) for length in DASHES[i % len(DASHES)]),
            )
            for i, name in enumerate(self.names)
        ]

    def _ranged(self, values: Sequence[object]) -> dict[str, object]:
        scale: Mapping[str, object] = {"domain": [*self.names], "range": [*values]}
        return {"field": "contender", "type": "nominal", "scale": scale, "legend": None}
