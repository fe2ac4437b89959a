"""How long each contender takes, as bars, with the floor that no number of workers can go below."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipeline_optimization.benchmarks.reports.html.contenders import Contenders
from pipeline_optimization.benchmarks.reports.html.figure import Figure, Spec, along, chart, rows_height, rows_of
from pipeline_optimization.benchmarks.reports.quantities import decimals_for, number
from pipeline_optimization.benchmarks.reports.summary_table import group_rows
from pipeline_optimization.benchmarks.results import Results
from pipeline_optimization.benchmarks.summary_row import SummaryRow
from pipeline_optimization.printable import printable

__all__ = ["time_figures"]


def time_figures(results: Results, contenders: Contenders) -> list[Figure]:
    """Return a figure for each case and profile in which some contender has a time. Its bars are in the table's order."""
    figures = []
    for number_, ((case, profile), rows) in enumerate(group_rows(results).items()):
        timed = [row for row in rows if row.runtime_ms is not None]
        if timed:
            words = _words(timed)
            figures.append(
                Figure(
                    name=f"times-{number_}",
                    title=f"{profile} · {case}",
                    words=words,
                    names=[printable(row.contender) for row in timed],
                    spec=_spec(timed, contenders, words),
                )
            )
    return figures


def _words(rows: Sequence[SummaryRow]) -> str:
    decimals = decimals_for(row.runtime_ms for row in rows)
    each = "; ".join(f"{row.contender} {number(row.runtime_ms, decimals)}" for row in rows)
    floors = [row.floor_ms for row in rows if row.floor_ms is not None]
    floor = f" The floor is {number(min(floors), decimals)}." if floors else ""
    return f"Mean milliseconds: {each}.{floor}"


def _values(rows: Sequence[SummaryRow]) -> list[Mapping[str, object]]:
    decimals = decimals_for(row.runtime_ms for row in rows)
    return [
        {
            "contender": printable(row.contender),
            "ms": row.runtime_ms,
            "shown": number(row.runtime_ms, decimals),
            "floor": row.floor_ms,
            "floor_shown": number(row.floor_ms, decimals),
        }
        for row in rows
    ]


def _spec(rows: Sequence[SummaryRow], contenders: Contenders, words: str) -> Spec:
    values = _values(rows)
    longest = max(row.runtime_ms or 0.0 for row in rows)
    x = {
        "type": "quantitative",
        "title": "milliseconds; the dark line is the floor",
        "axis": {"tickCount": 5, "format": ",~r"},
        # This is room for the label beyond the longest bar.
        "scale": {"nice": False, "domain": [0, longest * 1.18]},
    }
    y = rows_of([printable(row.contender) for row in rows])
    tooltip = [
        {"field": "contender", "type": "nominal"},
        {"field": "shown", "type": "nominal", "title": "mean ms"},
        {"field": "floor_shown", "type": "nominal", "title": "floor ms"},
    ]
    return chart(
        [
            {
                "data": {"values": values},
                "mark": {"type": "bar", "height": 20},
                "encoding": {"x": along("ms", x), "y": y, "color": contenders.colour(), "tooltip": tooltip},
            },
            {
                "data": {"values": [value for value in values if value["floor"] is not None]},
                "mark": {"type": "tick", "style": "floor", "thickness": 3, "size": 26},
                "encoding": {"x": along("floor", x), "y": y},
            },
            {
                "data": {"values": values},
                "mark": {"type": "text", "style": "value-label", "align": "left", "dx": 5},
                "encoding": {"x": along("ms", x), "y": y, "text": {"field": "shown", "type": "nominal"}},
            },
        ],
        height=rows_height([printable(row.contender) for row in rows], least=34),
        description=printable(words),
    )
