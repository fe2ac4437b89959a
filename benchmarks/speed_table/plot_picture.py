"""The picture of ``hatch run speed --plot``: time against size, a line for each program."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from speed_table.alternation import Timing
from speed_table.plot_figures import ORCHESTRATORS, WORKS, PlotFigures, Work

__all__ = ["draw", "point_text"]

COLOURS: Mapping[str, str] = {
    "sequential": "#6baed6",
    "threaded": "#3182bd",
    "asyncio": "#41b6c4",
    "multiprocess": "#08306b",
    "for loop": "#252525",
    "concurrent.futures": "#a63603",
    "joblib": "#fd8d3c",
    "mpire": "#31a354",
    "dask.bag": "#756bb1",
    "streamable": "#c51b8a",
    "Prefect": "#8c6d31",
}
"""Ours are blue, with whole lines; those of the others are broken."""

WIDTH, HEIGHT = 330, 300


def draw(figures: PlotFigures, path: Path) -> None:
    """Write an SVG picture, with a panel for each work; both axes are logarithmic."""
    import altair as alt  # noqa: PLC0415 - a second, for the picture only

    measured = {timing.program for timing in figures.timings}
    programs = [name for name in COLOURS if name in measured]
    seconds = [timing.median for timing in figures.timings]
    legend = alt.Legend(title=None, orient="bottom", columns=6, symbolType="stroke", symbolSize=400)
    encoding = {
        "y": alt.Y(
            "seconds:Q", title="seconds", scale=alt.Scale(type="log", domain=[min(seconds) * 0.8, max(seconds) * 1.25])
        ),
        "color": alt.Color(
            "program:N", legend=legend, scale=alt.Scale(domain=programs, range=[COLOURS[name] for name in programs])
        ),
    }
    dashes = [[1, 0] if name in ORCHESTRATORS else [4, 3] for name in programs]
    dash = alt.StrokeDash("program:N", legend=legend, scale=alt.Scale(domain=programs, range=dashes))
    panels = [_panel(WORKS[name], figures.of(name), encoding, dash) for name in WORKS if figures.of(name)]
    alt.hconcat(*panels).resolve_scale(color="shared", strokeDash="shared").save(str(path))


def _panel(work: Work, timings: Sequence[Timing], encoding: Mapping[str, Any], dash: Any) -> Any:
    import altair as alt  # noqa: PLC0415 - as above

    amounts = sorted({work.amount(timing.size) for timing in timings})
    x = alt.X(
        "amount:Q",
        title=work.unit,
        axis=alt.Axis(values=amounts, format=work.ticks),
        scale=alt.Scale(type="log", domain=[amounts[0] * 0.8, amounts[-1] * 1.25], nice=False),
    )
    rows = [
        {
            "amount": work.amount(timing.size),
            "seconds": timing.median,
            "program": timing.program,
            "text": point_text(timing),
        }
        for timing in timings
    ]
    chart = alt.Chart({"values": rows}).encode(x=x, **encoding)
    lines = chart.mark_line(strokeWidth=1.5, aria=False).encode(strokeDash=dash)
    points = chart.mark_point(filled=True, size=30, opacity=1).encode(description="text:N")
    return (lines + points).properties(width=WIDTH, height=HEIGHT, title=work.title)


def point_text(timing: Timing) -> str:
    """Return what a point says to those who do not see it; a test reads it as well."""
    return f"{timing.program}, {WORKS[timing.section].size_text(timing.size)}: {timing.median:.2f} s"
