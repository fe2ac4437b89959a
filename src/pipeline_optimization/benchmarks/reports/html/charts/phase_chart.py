"""A chart of a sample's phases, stacked: import, set-up, cold, start-up of workers, the rest of warm, tear-down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipeline_optimization.benchmarks.reports.html.figure import Figure, Spec, along, chart, rows_height, rows_of
from pipeline_optimization.benchmarks.reports.quantities import decimals_for, number
from pipeline_optimization.benchmarks.reports.summary_table import group_rows
from pipeline_optimization.benchmarks.results import Results
from pipeline_optimization.benchmarks.summary_row import SummaryRow
from pipeline_optimization.printable import printable

__all__ = ["PHASES", "phase_figures"]

PHASES = ("import", "set-up", "cold", "start-up", "warm", "tear-down")

# A label needs this share of the widest bar. In a shorter segment it would run over the edge on a narrow screen.
_LABELLED_FROM = 0.17


def phase_figures(results: Results) -> list[Figure]:
    """Return a figure for each case and profile in which some contender's phases are known."""
    figures = []
    for index, ((case, profile), rows) in enumerate(group_rows(results).items()):
        known = {printable(row.contender): phases for row in rows if (phases := _phases(row))}
        if known:
            words = _words(known)
            figures.append(
                Figure(
                    name=f"phases-{index}",
                    title=f"{profile} · {case}",
                    words=words,
                    names=list(known),
                    spec=_spec(known, words),
                )
            )
    return figures


def _phases(row: SummaryRow) -> Mapping[str, float]:
    warm = row.median_ms if row.median_ms is None else max(0.0, row.median_ms - (row.startup_ms or 0.0))
    times = (row.import_ms, row.setup_ms, row.cold_ms, row.startup_ms, warm, row.teardown_ms)
    return {phase: time for phase, time in zip(PHASES, times, strict=True) if time is not None}


def _words(known: Mapping[str, Mapping[str, float]]) -> str:
    each = []
    for name, phases in known.items():
        digits = decimals_for([max(phases.values())])
        each.append(f"{name} {', '.join(f'{phase} {number(time, digits)}' for phase, time in phases.items())}")
    return f"Medians in milliseconds: {'; '.join(each)}."


def _segments(known: Mapping[str, Mapping[str, float]]) -> Sequence[Mapping[str, object]]:
    widest = max(sum(phases.values()) for phases in known.values())
    segments = []
    for name, phases in known.items():
        start = 0.0
        for phase, time in phases.items():
            segments.append(
                {
                    "contender": name,
                    "phase": phase,
                    "ms": round(time, 4),
                    "start": start,
                    "end": start + time,
                    "middle": start + time / 2,
                    "label": phase if time >= _LABELLED_FROM * widest else "",
                }
            )
            start += time
    return segments


def _spec(known: Mapping[str, Mapping[str, float]], words: str) -> Spec:
    data = {"values": _segments(known)}
    x = {
        "type": "quantitative",
        "title": "milliseconds",
        "axis": {"tickCount": 6, "format": ",~r"},
        "scale": {"nice": False},
    }
    y = rows_of(list(known))
    return chart(
        [
            {
                "data": data,
                "mark": {"type": "bar", "style": "segment", "height": 22},
                "encoding": {
                    "x": along("start", x),
                    "x2": {"field": "end"},
                    "y": y,
                    "color": {"field": "phase", "type": "ordinal", "scale": {"domain": [*PHASES]}, "legend": None},
                    "tooltip": [
                        {"field": "contender", "type": "nominal"},
                        {"field": "phase", "type": "nominal"},
                        {"field": "ms", "type": "quantitative", "format": ",.4~r"},
                    ],
                },
            },
            {
                "data": data,
                "mark": {"type": "text", "style": "segment-label"},
                "encoding": {"x": along("middle", x), "y": y, "text": {"field": "label", "type": "nominal"}},
            },
        ],
        height=rows_height(list(known), least=34),
        description=words,
    )
