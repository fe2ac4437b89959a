"""A forest plot of how many times as long as the reference each contender takes."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline_optimization.benchmarks.reports import quantities
from pipeline_optimization.benchmarks.reports.html.contenders import Contenders
from pipeline_optimization.benchmarks.reports.html.figure import (
    Figure,
    Spec,
    along,
    chart,
    log_axis,
    rows_height,
    rows_of,
)
from pipeline_optimization.benchmarks.reports.summary_table import group_rows
from pipeline_optimization.benchmarks.results import Results
from pipeline_optimization.benchmarks.summary_row import SummaryRow
from pipeline_optimization.printable import printable

__all__ = ["ratio_figures"]


def ratio_figures(results: Results, contenders: Contenders) -> list[Figure]:
    """Return a figure for each case and profile in which some contender has a ratio."""
    figures = []
    for number, ((case, profile), rows) in enumerate(group_rows(results).items()):
        rated = [row for row in rows if row.ratio is not None and row.ratio > 0]
        if any(row.contender != results.run.reference for row in rated):
            words = _words(rated, results.run.reference)
            figures.append(
                Figure(
                    name=f"ratio-{number}",
                    title=f"{profile} · {case}",
                    words=words,
                    names=[printable(row.contender) for row in rated],
                    spec=_spec(rated, results, contenders, words),
                )
            )
    return figures


def _words(rows: Sequence[SummaryRow], reference: str) -> str:
    each = [
        f"{row.contender} {quantities.pace(row.ratio, row.ratio_interval)} {quantities.pace_interval(row.ratio, row.ratio_interval)}".rstrip()
        for row in rows
        if row.contender != reference
    ]
    return f"Against {reference}: {'; '.join(each)}."


def _spec(rows: Sequence[SummaryRow], results: Results, contenders: Contenders, words: str) -> Spec:
    reference, threshold = results.run.reference, 1 + results.run.noise_threshold
    values = [
        {
            "contender": printable(row.contender),
            "ratio": row.ratio,
            "low": (row.ratio_interval or (row.ratio, row.ratio))[0],
            "high": (row.ratio_interval or (row.ratio, row.ratio))[1],
            "shown": quantities.pace(row.ratio, row.ratio_interval),
            # The dashed line names the reference, so its row needs no label.
            "label": "" if row.contender == reference else quantities.pace(row.ratio, row.ratio_interval),
            "interval": quantities.pace_interval(row.ratio, row.ratio_interval) or "no interval",
        }
        for row in rows
    ]
    ends = [end for row in rows for end in (row.ratio, *(row.ratio_interval or ())) if end is not None and end > 0]
    x = {
        **log_axis([*ends, 1 / threshold, threshold], form="~r"),
        "title": [f"time ÷ time of {printable(reference)}", "log scale; left of 1 is faster"],
    }
    y = rows_of([printable(row.contender) for row in rows])
    data = {"values": values}
    tooltip = [
        {"field": "contender", "type": "nominal"},
        {"field": "shown", "type": "nominal", "title": "time"},
        {"field": "interval", "type": "nominal", "title": "95 %"},
    ]
    return chart(
        [
            {
                "data": {"values": [{"low": 1 / threshold, "high": threshold}]},
                "mark": {"type": "rect", "style": "band"},
                "encoding": {"x": along("low", x), "x2": {"field": "high"}},
            },
            {
                "data": {"values": [{"one": 1}]},
                "mark": {"type": "rule", "style": "reference"},
                "encoding": {"x": along("one", x)},
            },
            {
                "data": data,
                "mark": {"type": "rule", "strokeWidth": 2.5},
                "encoding": {"x": along("low", x), "x2": {"field": "high"}, "y": y, "color": contenders.colour()},
            },
            {
                "data": data,
                "mark": {"type": "point", "filled": True, "size": 70, "opacity": 1},
                "encoding": {
                    "x": along("ratio", x),
                    "y": y,
                    "color": contenders.colour(),
                    "shape": contenders.shape(),
                    "tooltip": tooltip,
                },
            },
            {
                "data": data,
                "mark": {"type": "text", "style": "value-label", "dy": -13},
                "encoding": {"x": along("ratio", x), "y": y, "text": {"field": "label", "type": "nominal"}},
            },
        ],
        height=rows_height([printable(row.contender) for row in rows], least=42),
        description=printable(words),
    )
