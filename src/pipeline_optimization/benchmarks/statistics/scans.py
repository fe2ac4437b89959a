"""Laws fitted to scans: how times grow with the words of a text, or fall with more workers."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from statistics import median
from typing import Literal

import numpy as np
from attrs import frozen
from numpy.typing import NDArray
from scipy.optimize import OptimizeWarning, curve_fit

from pipeline_optimization.benchmarks.results import Results
from pipeline_optimization.benchmarks.scan import Scan, ScanPoint
from pipeline_optimization.benchmarks.statistics.intervals import median_interval
from pipeline_optimization.benchmarks.statistics.series import CaseSeries
from pipeline_optimization.benchmarks.summary_row import Interval
from pipeline_optimization.engine.draws import seeded_random
from pipeline_optimization.plural import counted

__all__ = ["find_scans", "scan_of"]

LEAST_SIZES = 5
LEAST_WORKERS = 3
RESAMPLES = 200

Dimension = Literal["words", "workers"]
Floats = NDArray[np.float64]
Series = Mapping[float, Sequence[float]]


@frozen(kw_only=True)
class _Law:
    """A law of times. ``fit`` returns its parameters by name, or raises RuntimeError or ValueError if nothing fits."""

    least: int
    fit: Callable[[Sequence[float], Sequence[float]], Mapping[str, float]]


def find_scans(results: Results) -> list[Scan]:
    """Return a scan for each contender and dimension whose cases are called ``words=N`` or ``workers=N``."""
    found: list[Scan] = []
    dimensions: tuple[Dimension, ...] = ("words", "workers")
    for dimension in dimensions:
        cases = [case for case in results.cases if re.fullmatch(rf"{dimension}=\d+", case.case)]
        for contender in results.contenders:
            series: dict[float, list[float]] = {}
            for case in cases:
                samples = results.samples_of(case.case, case.profile)
                times = list(CaseSeries(samples).times(contender.name).values())
                if times:
                    series[float(case.case.partition("=")[2])] = times
            if series:
                found.append(scan_of(contender.name, dimension, series, seed=results.run.seed))
    return found


def scan_of(contender: str, dimension: Dimension, series: Series, *, seed: int) -> Scan:
    """Fit the dimension's law to the medians. Intervals come from resampling the rounds 200 times.

    ``series`` has the rounds' times in milliseconds by number of words or workers.
    """
    points = [
        ScanPoint(x=x, median_ms=median(values), interval_ms=median_interval(values))
        for x, values in sorted(series.items())
    ]
    law = _LAWS[dimension]
    if len(points) < law.least:
        text = f"{counted(len(points), 'point')} cannot show a law; it takes {law.least}."
        return Scan(dimension=dimension, contender=contender, points=points, refusal=text)
    try:
        parameters = law.fit([point.x for point in points], [point.median_ms for point in points])
    except (RuntimeError, ValueError) as error:
        return Scan(dimension=dimension, contender=contender, points=points, refusal=f"No law fits: {error}.")
    intervals = {} if min(map(len, series.values())) < 3 else _resampled(series, law, seed)
    return Scan(dimension=dimension, contender=contender, points=points, parameters=parameters, intervals=intervals)


def _resampled(series: Series, law: _Law, seed: int) -> dict[str, Interval]:
    random = seeded_random("scan", seed)
    sizes = sorted(series)
    found: dict[str, list[float]] = {}
    for _ in range(RESAMPLES):
        medians = [median(random.choices(series[size], k=len(series[size]))) for size in sizes]
        try:
            for name, value in law.fit(sizes, medians).items():
                found.setdefault(name, []).append(value)
        except (RuntimeError, ValueError):
            continue
    return {name: _middle(values) for name, values in found.items() if len(values) > RESAMPLES // 2}


def _middle(values: Sequence[float]) -> Interval:
    """Return the range of the middle 95 %."""
    ordered = sorted(values)
    cut = round(0.025 * len(ordered))
    return ordered[cut], ordered[-1 - cut]


def _fit_growth(sizes: Sequence[float], times: Sequence[float]) -> Mapping[str, float]:
    """Fit t = a + b (n / N)^c, where N is the largest size, with weights that make errors relative."""
    largest = max(sizes)

    def law(x: Floats, /, a: float, b: float, c: float) -> Floats:
        return a + b * x**c

    with warnings.catch_warnings():
        warnings.simplefilter("error", OptimizeWarning)
        try:
            found, _ = curve_fit(
                law,
                np.array(sizes) / largest,
                np.array(times),
                p0=[min(times) / 2, max(times), 1.0],
                sigma=np.array(times),
                bounds=([0.0, 0.0, 0.05], [max(times), 10 * max(times), 4.0]),
                maxfev=5000,
            )
        except OptimizeWarning as warning:
            raise RuntimeError(str(warning)) from warning
    a, b, c = (float(value) for value in found)
    return {"a": a, "b": b / largest**c, "c": c}


def _fit_amdahl(workers: Sequence[float], times: Sequence[float]) -> Mapping[str, float]:
    """Fit t = T (s + (1 - s) / w), with the serial fraction s (Amdahl, AFIPS 1967), by least squares of relative errors.

    It also returns the speed-up and the efficiency of the largest number of workers against the smallest.
    """

    def law(w: Floats, /, total: float, serial: float) -> Floats:
        return total * (serial + (1 - serial) / w)

    found, _ = curve_fit(
        law, np.array(workers), np.array(times), p0=[max(times), 0.5], sigma=np.array(times),
        bounds=([0.0, 0.0], [100 * max(times), 1.0]),
    )  # fmt: skip
    speedup = times[0] / times[-1]
    return {"serial": float(found[1]), "speedup": speedup, "efficiency": speedup * workers[0] / workers[-1]}


_LAWS: Mapping[Dimension, _Law] = {
    "words": _Law(least=LEAST_SIZES, fit=_fit_growth),
    "workers": _Law(least=LEAST_WORKERS, fit=_fit_amdahl),
}
