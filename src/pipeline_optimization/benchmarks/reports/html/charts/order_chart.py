"""A chart of when each sample ran, and by how much it differed from samples of the same kind. Only this chart shows drift of the machine."""

from __future__ import annotations

from statistics import median

from pipeline_optimization.benchmarks.reports.html.charts.sample_times import sample_times
from pipeline_optimization.benchmarks.reports.html.contenders import Contenders
from pipeline_optimization.benchmarks.reports.html.figure import Figure, Spec, Values, chart
from pipeline_optimization.benchmarks.reports.quantities import percent
from pipeline_optimization.benchmarks.results import Results
from pipeline_optimization.plural import counted
from pipeline_optimization.printable import printable

__all__ = ["order_figures"]

# The plots of both charts are below each other, so the room for axis labels must be the same.
_AXIS_ROOM = 60


def order_figures(results: Results, contenders: Contenders) -> list[Figure]:
    """Return the chart of deviations over time, and that of the control loop below it."""
    figures = []
    values = _deviations(results)
    if values:
        words = _deviation_words(values)
        figures.append(
            Figure(
                name="order",
                title="Samples: deviation from the contender's own median",
                words=words,
                names=list(dict.fromkeys(str(value["contender"]) for value in values)),
                spec=_deviation_spec(values, results, contenders, words),
            )
        )
    control = [
        {"moment": round(sample.started_s, 3), "ms": round(sample.control_ms, 4)}
        for sample in sorted(results.samples, key=lambda sample: sample.started_s)
        if sample.control_ms > 0
    ]
    if control:
        words = _control_words([float(value["ms"]) for value in control])
        figures.append(
            Figure(
                name="control",
                title="Control loop: the same computation before each sample",
                words=words,
                names=(),
                spec=_control_spec(control, results, words),
            )
        )
    return figures


def _deviations(results: Results) -> Values:
    groups: dict[tuple[str, str, str], list[float]] = {}
    times = [time for time in sample_times(results) if time.milliseconds > 0]
    for time in times:
        key = (time.sample.contender, time.sample.case, time.sample.profile)
        groups.setdefault(key, []).append(time.milliseconds)
    medians = {key: median(found) for key, found in groups.items()}
    return [
        {
            "contender": printable(time.sample.contender),
            "moment": round(time.sample.started_s, 3),
            "deviation": round(time.milliseconds / medians[key] - 1, 5),
            "ms": round(time.milliseconds, 4),
            "where": printable(f"{time.sample.profile} · {time.sample.case} · round {time.sample.round}"),
        }
        for time in times
        for key in [(time.sample.contender, time.sample.case, time.sample.profile)]
    ]


def _thirds(values: list[float]) -> tuple[float, float]:
    third = max(len(values) // 3, 1)
    return median(values[:third]), median(values[-third:])


def _deviation_words(values: Values) -> str:
    first, last = _thirds([float(str(value["deviation"])) for value in values])
    return (
        f"{counted(len(values), 'sample')} in the order of the run. Median deviation in the first third of the run "
        f"{percent(first)}, in the last third {percent(last)}."
    )


def _control_words(values: list[float]) -> str:
    first, last = _thirds(values)
    return f"Median of the control loop: {first:.3g} ms in the first third of the run, {last:.3g} ms in the last third."


def _time_axis(results: Results) -> dict[str, object]:
    end = max([results.run.duration_s, *(sample.started_s for sample in results.samples)])
    return {
        "field": "moment",
        "type": "quantitative",
        "title": "seconds since the run began",
        "scale": {"domain": [0, end], "nice": False},
        "axis": {"tickCount": 6, "grid": False},
    }


def _deviation_spec(values: Values, results: Results, contenders: Contenders, words: str) -> Spec:
    y = {
        "field": "deviation",
        "type": "quantitative",
        "title": None,
        "scale": {"zero": False, "padding": 8},
        "axis": {
            "format": "+.0%",
            "labelExpr": "datum.value === 0 ? '0%' : datum.label",
            "tickCount": 5,
            "minExtent": _AXIS_ROOM,
            "maxExtent": _AXIS_ROOM,
        },
    }
    return chart(
        [
            {
                "data": {"values": [{"deviation": 0}]},
                "mark": {"type": "rule", "style": "reference"},
                "encoding": {"y": y},
            },
            {
                "data": {"values": values},
                "mark": {"type": "point", "filled": True, "size": 42, "opacity": 0.85},
                "encoding": {
                    "x": _time_axis(results),
                    "y": y,
                    "color": contenders.colour(),
                    "shape": contenders.shape(),
                    "tooltip": [
                        {"field": "contender", "type": "nominal"},
                        {"field": "where", "type": "nominal", "title": "sample"},
                        {"field": "ms", "type": "quantitative", "format": ",.4~r"},
                        {"field": "deviation", "type": "quantitative", "format": "+.1%"},
                    ],
                },
            },
        ],
        height=240,
        description=words,
    )


def _control_spec(values: Values, results: Results, words: str) -> Spec:
    y = {
        "field": "ms",
        "type": "quantitative",
        "title": None,
        "scale": {"zero": False, "padding": 6},
        "axis": {
            "tickCount": 3,
            "format": "~r",
            "labelExpr": "datum.label + ' ms'",
            "minExtent": _AXIS_ROOM,
            "maxExtent": _AXIS_ROOM,
        },
    }
    x = _time_axis(results)
    return chart(
        [
            {
                "data": {"values": values},
                "mark": {"type": "line", "style": "neutral"},
                "encoding": {"x": x, "y": y},
            },
            {
                "data": {"values": values},
                "mark": {"type": "circle", "style": "neutral-point", "size": 14, "opacity": 1},
                "encoding": {
                    "x": x,
                    "y": y,
                    "tooltip": [
                        {"field": "moment", "type": "quantitative", "title": "second", "format": ".1f"},
                        {"field": "ms", "type": "quantitative", "format": ".4~r"},
                    ],
                },
            },
        ],
        height=90,
        description=words,
    )
