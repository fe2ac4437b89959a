"""A chart with the same content in words."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from math import ceil, exp, floor, log, log10

from attrs import frozen

from pipeline_optimization.benchmarks.axes import SETTING

__all__ = ["Figure", "Spec", "Values", "along", "chart", "log_axis", "rows_height", "rows_of"]

Spec = Mapping[str, object]
Values = Sequence[Mapping[str, object]]


@frozen(kw_only=True)
class Figure:
    """A chart.

    Attributes:
        name: A name that is unique in the document.
        words: The text alternative.
        names: The contenders that are drawn.
    """

    name: str
    title: str
    words: str
    names: Sequence[str]
    spec: Spec


def chart(layers: Sequence[Spec], *, height: int, description: str) -> Spec:
    """Return a chart as wide as its container. ``height`` is that of the plot."""
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "description": description,
        "width": "container",
        "height": height,
        "autosize": {"type": "fit-x", "contains": "padding"},
        "layer": [*layers],
    }


def along(field: str, axis: Mapping[str, object]) -> dict[str, object]:
    """Return the encoding of a field on an axis that several fields share."""
    return {"field": field, **axis}


def rows_of(names: Sequence[str]) -> dict[str, object]:
    """Return the encoding of one row for each contender, in the given order."""
    return {
        "field": "contender",
        "type": "nominal",
        "scale": {"domain": [*names]},
        # Each setting of a variant has a line of its own, so that names do not look the same if they are cut.
        "axis": {
            "title": None,
            "ticks": False,
            "domain": False,
            "labelExpr": f"split(datum.label, regexp({json.dumps(SETTING)}))",
            # Vega puts the first line at the middle of the row.
            "labelOffset": -7 * (_lines(names) - 1),
        },
    }


def rows_height(names: Sequence[str], *, least: int) -> int:
    """Return the pixels of a row for each name, at least ``least`` for a row, with room for the lines of the longest label."""
    return max(least, 15 * _lines(names) + 8) * len(names)


def _lines(names: Sequence[str]) -> int:
    return max((len(re.split(SETTING, name)) for name in names), default=1)


def log_axis(values: Sequence[float], *, form: str, grid: bool = True) -> dict[str, object]:
    """Return a logarithmic scale and axis of positive values, with some room beyond the outermost.

    Vega would draw a line at each tenth of each decade. These ticks are few and round.
    """
    low, high = log(min(values)), log(max(values))
    room = max((high - low) * 0.06, 0.01)
    ends = [exp(low - room), exp(high + room)]
    ticks = _log_ticks(*ends)
    # If a count were given too, Vega would leave out every second value.
    few: dict[str, object] = {"values": ticks} if ticks else {"tickCount": 5}
    return {
        "type": "quantitative",
        "scale": {"type": "log", "domain": ends, "nice": False},
        "axis": {"format": form, "grid": grid, **few},
    }


def _log_ticks(low: float, high: float) -> list[float]:
    """Return at least four round numbers between two. Return none if the range is too narrow for a logarithmic scale."""
    decades = range(floor(log10(low)), ceil(log10(high)) + 1)
    for leading in ((1.0,), (1.0, 3.0), (1.0, 2.0, 5.0), (1.0, 1.5, 2.0, 3.0, 5.0, 7.0)):
        ticks = [float(f"{digit}e{decade}") for decade in decades for digit in leading]
        inside = [tick for tick in ticks if low <= tick <= high]
        if len(inside) >= 4:
            return inside
    return []
