"""The sections of charts, in the order in which they are read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from attrs import frozen

from pipeline_optimization.benchmarks.reports.html.charts.order_chart import order_figures
from pipeline_optimization.benchmarks.reports.html.charts.phase_chart import phase_figures
from pipeline_optimization.benchmarks.reports.html.charts.ratio_chart import ratio_figures
from pipeline_optimization.benchmarks.reports.html.charts.scan_chart import scan_figures
from pipeline_optimization.benchmarks.reports.html.charts.series_chart import cpu_figures, memory_figures
from pipeline_optimization.benchmarks.reports.html.charts.strip_chart import strip_figures
from pipeline_optimization.benchmarks.reports.html.charts.time_chart import time_figures
from pipeline_optimization.benchmarks.reports.html.contenders import Contenders
from pipeline_optimization.benchmarks.reports.html.figure import Figure
from pipeline_optimization.benchmarks.reports.quantities import percent
from pipeline_optimization.benchmarks.results import Results

__all__ = ["ChartSection", "chart_sections"]


@frozen(kw_only=True)
class ChartSection:
    """Charts of one kind. ``lead`` says how to read them, ``missing`` why there are none."""

    name: str
    title: str
    lead: str
    missing: str
    figures: Sequence[Figure]
    key: Literal["points", "lines", "phases", ""] = ""
    is_wide: bool = False

    @property
    def names(self) -> set[str]:
        """Return the contenders that the charts draw."""
        return {name for figure in self.figures for name in figure.names}


def chart_sections(results: Results, contenders: Contenders) -> list[ChartSection]:
    """Return all sections, including those without data."""
    threshold = percent(results.run.noise_threshold)
    return [
        ChartSection(
            name="times",
            title="Times",
            lead="The mean time of each contender, in the order of the table. The line across a bar is the floor: the longest "
            "chain of simulated waits, which no number of workers shortens.",
            missing="No contender has a time.",
            figures=time_figures(results, contenders),
        ),
        ChartSection(
            name="ratios",
            title="Ratios",
            lead="How many times as long as the reference each contender takes, paired by round: the median and its exact "
            f"95 % interval. In the grey band, ±{threshold} around the reference (dashed), differences count as none.",
            missing="No ratios: there is no second contender with times, or no round was complete.",
            figures=ratio_figures(results, contenders),
        ),
        ChartSection(
            name="samples",
            title="Every sample",
            lead="A point is the median of the warm executions of one process. Within a row the first round is at the top, "
            "the last at the bottom; the bar is the row's median. Hollow points are not counted: their answer was "
            "wrong or they had a problem. Nothing is left out as an outlier.",
            missing="No timed sample has a time.",
            figures=strip_figures(results, contenders),
        ),
        ChartSection(
            name="order",
            title="Run order",
            lead="A trend or a step that all contenders share is the machine's. The control loop computes the same each "
            "time; where it changes, the machine changed.",
            missing="No timed sample has a time.",
            figures=order_figures(results, contenders),
            key="points",
            is_wide=True,
        ),
        ChartSection(
            name="memory",
            title="Memory over time",
            lead="The process tree's memory in the memory round whose peak is each contender's median.",
            missing="No memory rounds were run.",
            figures=memory_figures(results, contenders),
            key="lines",
        ),
        ChartSection(
            name="cpu",
            title="CPU over time",
            lead="The process tree's CPU use in the timed round whose time is each contender's median: 100 % is one core.",
            missing="No CPU use over time was recorded.",
            figures=cpu_figures(results, contenders),
            key="lines",
        ),
        ChartSection(
            name="phases",
            title="Phases",
            lead="The medians of what a fresh process does, one after the other. Warm executions are compared, the start-up of their workers included.",
            missing="No phases were recorded.",
            figures=phase_figures(results),
            key="phases",
        ),
        ChartSection(
            name="scans",
            title="Growth",
            lead="Median times at several sizes or numbers of workers with their 95 % intervals, and the law fitted to them: "
            "t = a + b·nᶜ over words, Amdahl's over workers, whose ideal is dashed.",
            missing="No sizes or workers were scanned: anagram compare --scan words=100..100000 does.",
            figures=scan_figures(results, contenders),
            key="lines",
        ),
    ]
