"""The picture of predicted times against measured ones."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from foresight_score.measuring import Case

__all__ = ["draw"]


def draw(cases: Sequence[Case], path: Path) -> None:
    """Write an SVG picture: each run a point with its interval, the diagonal where both times are equal."""
    import altair as alt  # noqa: PLC0415 - a second, for the picture only

    times = [time for case in cases for time in (case.seconds, case.prediction.low, case.prediction.high)]
    scale = alt.Scale(type="log", domain=[min(times) * 0.8, max(times) * 1.25])
    x = alt.X("measured:Q", scale=scale, title="measured seconds")
    y = alt.Y("predicted:Q", scale=scale, title="predicted seconds")
    points = alt.Chart({"values": [_point(case) for case in cases]}).encode(x=x, color="orchestrator:N")
    ends = [{"measured": time, "predicted": time} for time in (min(times) * 0.8, max(times) * 1.25)]
    chart = (
        alt.Chart({"values": ends}).mark_line(color="gray", strokeDash=[4, 4]).encode(x=x, y=y)
        + points.mark_rule().encode(y=alt.Y("low:Q", scale=scale), y2="high:Q")
        + points.mark_point(filled=True, size=45).encode(y=y)
    ).properties(width=420, height=420)
    chart.save(str(path))


def _point(case: Case) -> dict[str, object]:
    found = case.prediction
    return {
        "measured": case.seconds,
        "predicted": found.seconds,
        "low": found.low,
        "high": found.high,
        "orchestrator": case.way.orchestrator,
    }
