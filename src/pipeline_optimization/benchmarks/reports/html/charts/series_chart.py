"""Memory and CPU over time for one sample of each contender: the middle one of its kind."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from statistics import median

from attrs import frozen

from pipeline_optimization.benchmarks.reports.html.contenders import Contenders
from pipeline_optimization.benchmarks.reports.html.figure import Figure, Spec, chart
from pipeline_optimization.benchmarks.reports.quantities import decimals_for, number
from pipeline_optimization.benchmarks.results import Point, Results, Sample
from pipeline_optimization.printable import printable

__all__ = ["cpu_figures", "memory_figures"]


@frozen(kw_only=True)
class _Quantity:
    name: str
    unit: str
    series_of: Callable[[Sample], Sequence[Point]]
    rank_of: Callable[[Sample], float | None]


def memory_figures(results: Results, contenders: Contenders) -> list[Figure]:
    """Return a figure for each case and profile with memory rounds."""
    return _figures(results, contenders, _MEMORY)


def cpu_figures(results: Results, contenders: Contenders) -> list[Figure]:
    """Return a figure for each case and profile whose timed samples have CPU over time."""
    return _figures(results, contenders, _CPU)


def _rank_by_time(sample: Sample) -> float | None:
    times = [execution.wall_ms for execution in sample.warm]
    return median(times) if sample.kind == "timed" and times else None


_MEMORY = _Quantity(
    name="memory",
    unit="MiB",
    series_of=lambda sample: sample.memory_series,
    rank_of=lambda sample: sample.memory_peak_mib,
)
_CPU = _Quantity(name="cpu", unit="% of one core", series_of=lambda sample: sample.cpu_series, rank_of=_rank_by_time)


def _figures(results: Results, contenders: Contenders, quantity: _Quantity) -> list[Figure]:
    groups: dict[tuple[str, str], dict[str, list[tuple[float, Sample]]]] = {}
    for sample in results.samples:
        rank = quantity.rank_of(sample)
        if rank is not None and quantity.series_of(sample):
            group = groups.setdefault((sample.profile, sample.case), {})
            group.setdefault(sample.contender, []).append((rank, sample))
    figures = []
    for index, ((profile, case), ranked) in enumerate(groups.items()):
        middle = {printable(name): quantity.series_of(_middle(found)) for name, found in ranked.items()}
        words = _words(middle, quantity.unit)
        figures.append(
            Figure(
                name=f"{quantity.name}-{index}",
                title=f"{profile} · {case}",
                words=words,
                names=list(middle),
                spec=_spec(middle, contenders, quantity, words),
            )
        )
    return figures


def _middle(ranked: Iterable[tuple[float, Sample]]) -> Sample:
    ordered = sorted(ranked, key=lambda pair: pair[0])
    return ordered[(len(ordered) - 1) // 2][1]


def _words(series: dict[str, Sequence[Point]], unit: str) -> str:
    each = []
    for name, points in series.items():
        values = [value for _, value in points]
        digits = decimals_for(values)
        each.append(f"{name} begins at {number(values[0], digits)}, peaks at {number(max(values), digits)}")
    return f"In {unit}: {'; '.join(each)}."


def _spec(series: dict[str, Sequence[Point]], contenders: Contenders, quantity: _Quantity, words: str) -> Spec:
    values = [
        {"contender": name, "second": round(moment, 4), "value": round(value, 3)}
        for name, points in series.items()
        for moment, value in points
    ]
    x = {
        "field": "second",
        "type": "quantitative",
        "title": "seconds since the sample began",
        "axis": {"tickCount": 6, "grid": False},
        "scale": {"nice": False},
    }
    y = {"field": "value", "type": "quantitative", "title": quantity.unit, "axis": {"tickCount": 5}}
    tooltip = [
        {"field": "contender", "type": "nominal"},
        {"field": "second", "type": "quantitative", "format": ".2f"},
        {"field": "value", "type": "quantitative", "title": quantity.unit, "format": ",.4~r"},
    ]
    return chart(
        [
            {
                "data": {"values": values},
                "mark": {"type": "line", "strokeWidth": 2, "interpolate": "linear", "tooltip": None},
                "encoding": {"x": x, "y": y, "color": contenders.colour(), "strokeDash": contenders.dash()},
            },
            {
                "data": {"values": values},
                "mark": {"type": "point", "filled": True, "size": 26, "opacity": 1},
                "encoding": {
                    "x": x,
                    "y": y,
                    "color": contenders.colour(),
                    "shape": contenders.shape(),
                    "tooltip": tooltip,
                },
            },
        ],
        height=220,
        description=words,
    )
