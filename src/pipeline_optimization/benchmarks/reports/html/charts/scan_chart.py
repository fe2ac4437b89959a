"""Times over sizes with the fitted growth, and speed-up over workers with the ideal speed-up."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import exp, log
from typing import Literal

from pipeline_optimization.benchmarks.reports.html.contenders import Contenders
from pipeline_optimization.benchmarks.reports.html.figure import Figure, Spec, along, chart, log_axis
from pipeline_optimization.benchmarks.reports.quantities import number, times
from pipeline_optimization.benchmarks.results import Results
from pipeline_optimization.benchmarks.scan import Scan
from pipeline_optimization.plural import counted
from pipeline_optimization.printable import printable

__all__ = ["scan_figures"]

_CURVE_POINTS = 48

_Words = Callable[[Sequence[Scan]], str]
_Spec = Callable[[Sequence[Scan], Contenders, str], Spec]


def scan_figures(results: Results, contenders: Contenders) -> list[Figure]:
    """Return a figure for each dimension that was scanned."""
    kinds: list[tuple[Literal["words", "workers"], str, _Words, _Spec]] = [
        ("words", "Time over words", _size_words, _size_spec),
        ("workers", "Speed-up over workers", _worker_words, _worker_spec),
    ]
    figures = []
    for dimension, title, words_of, spec_of in kinds:
        scans = [scan for scan in results.scans if scan.dimension == dimension and scan.points]
        if scans:
            words = words_of(scans)
            names = [printable(scan.contender) for scan in scans]
            spec = spec_of(scans, contenders, words)
            figures.append(Figure(name=f"scan-{dimension}", title=title, words=words, names=names, spec=spec))
    return figures


def _size_words(scans: Sequence[Scan]) -> str:
    each = [
        f"{scan.contender} from {number(scan.points[0].median_ms, 2)} ms at {counted(round(scan.points[0].x), 'word')} "
        f"to {number(scan.points[-1].median_ms, 2)} ms at {number(scan.points[-1].x, 0)}"
        for scan in scans
    ]
    return f"{printable('; '.join(each))}."


def _worker_words(scans: Sequence[Scan]) -> str:
    each = []
    for scan in scans:
        best = max(scan.points, key=lambda point: _speed_up(scan, point.median_ms))
        each.append(
            f"{scan.contender} at most {times(_speed_up(scan, best.median_ms))} times at {counted(round(best.x), 'worker')}"
        )
    return f"Speed-up: {printable('; '.join(each))}."


def _speed_up(scan: Scan, milliseconds: float) -> float:
    return scan.points[0].median_ms / milliseconds if milliseconds else 1.0


def _size_law(scan: Scan) -> Callable[[float], float] | None:
    if not {"a", "b", "c"} <= set(scan.parameters):
        return None
    a, b, c = (scan.parameters[name] for name in "abc")
    return lambda n: float(a + b * n**c)


def _worker_law(scan: Scan) -> Callable[[float], float] | None:
    serial = scan.parameters.get("serial")
    if serial is None:
        return None
    first = scan.points[0].x

    def time(workers: float) -> float:
        return serial + (1 - serial) / workers

    return lambda workers: time(first) / time(workers)


def _curve(scan: Scan, law: Callable[[float], float] | None) -> list[Mapping[str, object]]:
    if law is None:
        return []
    low, high = log(scan.points[0].x), log(scan.points[-1].x)
    steps = [exp(low + (high - low) * i / (_CURVE_POINTS - 1)) for i in range(_CURVE_POINTS)]
    name = printable(scan.contender)
    return [{"contender": name, "x": round(x, 5), "y": round(y, 6)} for x in steps if (y := law(x)) > 0]


def _size_spec(scans: Sequence[Scan], contenders: Contenders, words: str) -> Spec:
    points = [
        {
            "contender": printable(scan.contender),
            "x": point.x,
            "y": point.median_ms,
            "low": (point.interval_ms or (point.median_ms,) * 2)[0],
            "high": (point.interval_ms or (point.median_ms,) * 2)[1],
        }
        for scan in scans
        for point in scan.points
        if point.x > 0 and point.median_ms > 0
    ]
    x = {
        **log_axis([point.x for scan in scans for point in scan.points], form="~s", grid=False),
        "title": "words, log scale",
    }
    heights = [float(str(point[end])) for point in points for end in ("low", "y", "high")]
    y = {**log_axis([height for height in heights if height > 0], form=",~r"), "title": "milliseconds, log scale"}
    curves = [value for scan in scans for value in _curve(scan, _size_law(scan))]
    return _scan_spec(points, curves, x=x, y=y, contenders=contenders, words=words)


def _worker_spec(scans: Sequence[Scan], contenders: Contenders, words: str) -> Spec:
    points = [
        {
            "contender": printable(scan.contender),
            "x": point.x,
            "y": _speed_up(scan, point.median_ms),
            "low": _speed_up(scan, (point.interval_ms or (point.median_ms,) * 2)[1]),
            "high": _speed_up(scan, (point.interval_ms or (point.median_ms,) * 2)[0]),
        }
        for scan in scans
        for point in scan.points
    ]
    first, last = min(scan.points[0].x for scan in scans), max(scan.points[-1].x for scan in scans)
    x: dict[str, object] = {
        "type": "quantitative",
        "scale": {"domain": [first, last], "nice": False, "padding": 12, "zero": False},
        "title": "workers",
        "axis": {"tickMinStep": 1, "format": "d", "grid": False},
    }
    y: dict[str, object] = {"type": "quantitative", "title": "speed-up", "axis": {"tickCount": 5, "format": "~r"}}
    curves = [value for scan in scans for value in _curve(scan, _worker_law(scan))]
    ideal: Spec = {
        "data": {"values": [{"x": first, "y": 1}, {"x": last, "y": last / first}]},
        "mark": {"type": "line", "style": "reference", "clip": True},
        "encoding": {"x": along("x", x), "y": along("y", y)},
    }
    return _scan_spec(points, curves, x=x, y=y, contenders=contenders, words=words, below=[ideal])


def _scan_spec(
    points: Sequence[Mapping[str, object]],
    curves: Sequence[Mapping[str, object]],
    *,
    x: dict[str, object],
    y: dict[str, object],
    contenders: Contenders,
    words: str,
    below: Sequence[Spec] = (),
) -> Spec:
    colour = contenders.colour()
    layers: list[Spec] = [
        *below,
        {
            "data": {"values": curves},
            "mark": {"type": "line", "strokeWidth": 1.75},
            "encoding": {
                "x": along("x", x),
                "y": along("y", y),
                "color": colour,
                "strokeDash": contenders.dash(),
            },
        },
        {
            "data": {"values": points},
            "mark": {"type": "rule", "strokeWidth": 1.5},
            "encoding": {
                "x": along("x", x),
                "y": along("low", y),
                "y2": {"field": "high"},
                "color": colour,
            },
        },
        {
            "data": {"values": points},
            "mark": {"type": "point", "filled": True, "size": 60, "opacity": 1},
            "encoding": {
                "x": along("x", x),
                "y": along("y", y),
                "color": colour,
                "shape": contenders.shape(),
                "tooltip": [
                    {"field": "contender", "type": "nominal"},
                    {"field": "x", "type": "quantitative", "title": str(x["title"])},
                    {"field": "y", "type": "quantitative", "title": str(y["title"]), "format": ",.4~r"},
                ],
            },
        },
    ]
    return chart([layer for layer in layers if layer["data"] != {"values": []}], height=280, description=words)
