"""The charts of a run's report: what each slot did, durations by task, and elements over time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from math import floor, log2, log10

from pipeline_optimization.error_text import shortened
from pipeline_optimization.observing.digest import PER_OCTAVE, Digest, Slice, Timeline
from pipeline_optimization.observing.page.drawing import clock, counted, number, rect, svg, text
from pipeline_optimization.observing.page.tasks import REST, tasks_shown

__all__ = ["INNER", "LEFT", "WIDTH", "axis", "durations_chart", "progress_chart", "timeline_chart"]

WIDTH, LEFT = 1000.0, 70.0
INNER = WIDTH - LEFT - 10

LONGEST = 20
"""The most characters of a task's name beside a chart."""

MOST_CLASSES = 160
"""The most classes of durations that are drawn, enough for microseconds to days. If there are more, neighbours become one."""


def timeline_chart(digest: Digest) -> str:
    """Return the slots over time: attempt by attempt, or for a large run how busy each slot was."""
    seconds = digest.seconds or 1.0
    slots = sorted(digest.busy)
    high = max(6.0, min(22.0, 500.0 / max(1, len(slots))))
    row_of = {slot: at for at, slot in enumerate(slots)}
    parts = [
        text(LEFT - 8, (at + 0.5) * high + 4, f"slot {slot}", anchor="end") for slot, at in row_of.items() if high >= 11
    ]
    if digest.slices is not None:
        tasks = {task: kind for task, _, kind in tasks_shown(digest.tasks)}
        for one in digest.slices:
            if one.slot in row_of:
                parts += _attempt(one, row_of[one.slot] * high, high, seconds, tasks)
    else:
        for slot, at in row_of.items():
            line = digest.busy[slot]
            for number_, busy in sorted(line.bins.items()):
                share = min(1.0, busy / line.width)
                title = f"slot {slot} from {clock(number_ * line.width)}: {share:.0%} busy"
                x = LEFT + INNER * number_ * line.width / seconds
                parts.append(
                    rect(x, at * high, INNER * line.width / seconds, high - 1, kind="c1", title=title, opacity=share)
                )
    height = len(slots) * high
    return svg(WIDTH, height + 24, [*parts, *axis(height, seconds)], label="What each slot did over time")


def _attempt(one: Slice, y: float, high: float, seconds: float, tasks: Mapping[str, str]) -> list[str]:
    x, width = LEFT + INNER * one.began / seconds, INNER * one.seconds / seconds
    waited = f", {clock(one.waited)} of it waiting" if one.waited else ""
    title = f"{one.item}, attempt {one.attempt}: {one.outcome}, {clock(one.seconds)}{waited}"
    kind = tasks.get(one.task, REST) if one.outcome == "ok" else "bad"
    parts = [rect(x, y, width, high - 1, kind=kind, title=title)]
    if one.waited and width > 1:
        parts.append(rect(x, y, INNER * one.waited / seconds, high - 1, kind="wait"))
    return parts


def progress_chart(done: Timeline, seconds: float) -> str:
    """Return elements a second over time."""
    seconds = seconds or 1.0
    height = 120.0
    rates = {at: value / done.width for at, value in done.bins.items()}
    most = max(rates.values(), default=0.0) or 1.0
    parts = [text(LEFT - 8, 12, number(most), anchor="end"), text(LEFT - 8, height, "0", anchor="end")]
    for at, rate in sorted(rates.items()):
        tall = (height - 6) * rate / most
        title = f"{number(rate)} elements a second from {clock(at * done.width)}"
        x = LEFT + INNER * at * done.width / seconds
        parts.append(rect(x, height - tall, INNER * done.width / seconds - 0.5, tall, kind="c1", title=title))
    return svg(WIDTH, height + 24, [*parts, *axis(height, seconds)], label="Elements a second over time")


def durations_chart(digest: Digest) -> str:
    """Return how long attempts took, by task, on one logarithmic scale."""
    tasks = [one for one in tasks_shown(digest.tasks) if one[1].measured]
    classes = [number_ for _, task, _ in tasks for number_ in task.classes]
    if not classes:
        return ""
    low, high = min(classes), max(classes) + 1
    coarse = -(-(high - low) // MOST_CLASSES)
    row, left = 54.0, 150.0
    step = (WIDTH - left - 10) / (high - low)
    parts: list[str] = []
    for at, (name, task, kind) in enumerate(tasks):
        counts: Counter[int] = Counter()
        for number_, count in task.classes.items():
            counts[(number_ - low) // coarse] += count
        base, most = (at + 1) * row - 8, max(counts.values())
        parts.append(text(left - 8, base - 10, _short(name), anchor="end"))
        for group, count in sorted(counts.items()):
            tall = (row - 14) * count / most
            begin, end = (2.0 ** ((low + edge * coarse) / PER_OCTAVE) for edge in (group, group + 1))
            title = f"{_short(name)}: {counted(count, 'attempt')} took {clock(begin)} to {clock(end)}"
            x, width = left + group * coarse * step, coarse * step
            parts.append(rect(x, base - tall, width - 0.5, tall, kind=kind, title=title))
    height = len(tasks) * row
    for tick in _ticks(2.0 ** (low / PER_OCTAVE), 2.0 ** (high / PER_OCTAVE)):
        x = left + (log2(tick) * PER_OCTAVE - low) * step
        parts.append(text(x, height + 16, clock(tick), anchor="middle"))
    return svg(WIDTH, height + 24, parts, label="How long attempts took, by task")


def _short(name: str) -> str:
    return shortened(name, LONGEST)


def _ticks(low: float, high: float) -> Sequence[float]:
    """Return some round numbers between two numbers on a logarithmic scale."""
    powers = range(floor(log10(low)), floor(log10(high)) + 1)
    round_ones = [factor * 10.0**power for power in powers for factor in (1, 2, 5)]
    inside = [one for one in round_ones if low <= one <= high]
    return inside[:: max(1, len(inside) // 8)]


def axis(height: float, seconds: float) -> Sequence[str]:
    """Return the labels of a run's time below a chart of this height."""
    ticks = [seconds * at / 4 for at in range(5)]
    anchors = ["start", "middle", "middle", "middle", "end"]
    return [
        text(LEFT + INNER * tick / seconds, height + 18, clock(tick), anchor=anchor)
        for tick, anchor in zip(ticks, anchors, strict=True)
    ]
