"""Every raw sample as a point, with one row for each contender."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from pipeline_optimization.benchmarks.reports.html.charts.sample_times import SampleTime, sample_times
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
from pipeline_optimization.benchmarks.reports.quantities import decimals_for, number
from pipeline_optimization.benchmarks.results import Results
from pipeline_optimization.plural import counted
from pipeline_optimization.printable import printable

__all__ = ["strip_figures"]

# If the slowest time is this many times the fastest, a linear axis would squeeze the fast ones into a line.
_LOG_FROM = 4.0


def strip_figures(results: Results, contenders: Contenders) -> list[Figure]:
    """Return a figure for each case and profile with times."""
    groups: dict[tuple[str, str], list[SampleTime]] = {}
    for time in sample_times(results):
        groups.setdefault((time.sample.profile, time.sample.case), []).append(time)
    figures = []
    for index, ((profile, case), times) in enumerate(groups.items()):
        words = _words(times)
        figures.append(
            Figure(
                name=f"strip-{index}",
                title=f"{profile} · {case}",
                words=words,
                names=list(_by_contender(times)),
                spec=_spec(times, contenders, words),
            )
        )
    return figures


def _by_contender(times: Sequence[SampleTime]) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {}
    for time in times:
        found.setdefault(printable(time.sample.contender), []).append(time.milliseconds)
    return found


def _words(times: Sequence[SampleTime]) -> str:
    each = []
    for name, values in sorted(_by_contender(times).items(), key=lambda item: median(item[1])):
        digits = decimals_for(values)
        span = f"{number(min(values), digits)} to {number(max(values), digits)}"
        each.append(f"{name} {span} ms, median {number(median(values), digits)} ({counted(len(values), 'sample')})")
    return f"Times of all samples: {'; '.join(each)}."


def _spec(times: Sequence[SampleTime], contenders: Contenders, words: str) -> Spec:
    values = [
        {
            "contender": printable(time.sample.contender),
            "ms": round(time.milliseconds, 4),
            "round": time.sample.round,
            "state": "counted" if time.is_counted else "not counted: wrong or with a problem",
        }
        for time in times
    ]
    medians = {name: median(found) for name, found in _by_contender(times).items()}
    names = sorted(medians, key=lambda name: medians[name])
    all_times = [time.milliseconds for time in times]
    is_log = min(all_times) > 0 and max(all_times) / min(all_times) > _LOG_FROM
    x: dict[str, object] = {
        "type": "quantitative",
        "scale": {"zero": False, "padding": 12},
        "axis": {"tickCount": 6, "format": ",~r"},
        "title": "milliseconds",
    }
    if is_log:
        x = {**log_axis(all_times, form=",~r"), "title": "milliseconds, log scale"}
    y = rows_of(names)
    rounds = {"field": "round", "type": "quantitative", "scale": {"zero": False, "nice": False, "padding": 3}}
    # The bar of the median stands half-way between the first and the last round.
    middle = (min(time.sample.round for time in times) + max(time.sample.round for time in times)) / 2
    return chart(
        [
            {
                "data": {"values": [{"contender": name, "ms": ms, "round": middle} for name, ms in medians.items()]},
                "mark": {"type": "tick", "style": "median", "thickness": 2, "height": 36},
                "encoding": {"x": along("ms", x), "y": y, "yOffset": rounds},
            },
            {
                "data": {"values": values},
                "mark": {"type": "point", "size": 36, "strokeWidth": 1.5},
                "encoding": {
                    "x": along("ms", x),
                    "y": y,
                    "yOffset": rounds,
                    "color": contenders.colour(),
                    "shape": contenders.shape(),
                    "fillOpacity": {
                        "condition": {"test": "datum.state === 'counted'", "value": 0.45},
                        "value": 0,
                    },
                    "fill": contenders.colour(),
                    "tooltip": [
                        {"field": "contender", "type": "nominal"},
                        {"field": "round", "type": "quantitative"},
                        {"field": "ms", "type": "quantitative", "format": ",.4~r"},
                        {"field": "state", "type": "nominal"},
                    ],
                },
            },
        ],
        height=rows_height(names, least=44),
        description=words,
    )
