"""The charts of memory and processors that a run's processes used over time, for the report."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from pipeline_optimization.observing.digest import Digest
from pipeline_optimization.observing.page.charts import INNER, LEFT, WIDTH, axis
from pipeline_optimization.observing.page.drawing import clock, number, rect, svg, text
from pipeline_optimization.observing.usage import Stretch

__all__ = ["usage_section"]

HEIGHT = 120.0

Pair = tuple[float, float]


def usage_section(digest: Digest) -> Iterator[str]:
    """Yield the charts, if the run was measured for long enough."""
    usage = digest.usage
    if not usage.stretches:
        return
    yield "<h2>Memory and processors</h2>"
    more = ""
    if usage.workers:
        which = (
            "The worker process" if usage.workers == 1 else f"The largest of {number(usage.workers)} worker processes"
        )
        more = f" {which} took {memory_text(usage.largest)}."
    yield (
        "<p>Memory and processors of the run's processes on this machine, measured about once a second. Pages that processes share are "
        f"counted in each.{more} Workers on other machines are not measured.</p>"
    )
    keys = [("c1", "the run's own process"), *([("c2", "workers")] if usage.workers else [])]
    yield '<ul class="legend">' + "".join(f'<li><i class="{kind}"></i>{name}</li>' for kind, name in keys) + "</ul>"
    yield '<p class="dim">Memory</p>'
    yield _chart(digest, lambda one: (one.driver_memory, one.worker_memory), memory_text, "Memory over time")
    yield '<p class="dim">Busy processors</p>'
    yield _chart(digest, lambda one: (one.driver_cpu, one.worker_cpu), _busy, "Busy processors over time")


def memory_text(size: float) -> str:
    """Return bytes in a unit in which they are easy to read."""
    for unit, bytes_ in (("GiB", 1 << 30), ("MiB", 1 << 20)):
        if size >= bytes_:
            return f"{number(size / bytes_)} {unit}"
    return f"{number(size / 1024)} KiB"


def _busy(processors: float) -> str:
    return number(round(processors, 2))


def _chart(digest: Digest, of: Callable[[Stretch], Pair], words: Callable[[float], str], label: str) -> str:
    seconds = digest.seconds or 1.0
    most = max(sum(of(one)) for one in digest.usage.stretches) or 1.0
    parts = [text(LEFT - 8, 12, words(most), anchor="end"), text(LEFT - 8, HEIGHT, "0", anchor="end")]
    for one in digest.usage.stretches:
        x, width = LEFT + INNER * one.begin / seconds, INNER * (one.end - one.begin) / seconds
        base = HEIGHT
        for kind, who, amount in zip(("c1", "c2"), ("the run's own process", "workers"), of(one), strict=True):
            if not amount:
                continue
            tall = (HEIGHT - 6) * amount / most
            base -= tall
            title = f"{who}: {words(amount)} from {clock(one.begin)} to {clock(one.end)}"
            parts.append(rect(x, base, max(0.5, width - 0.5), tall, kind=kind, title=title))
    return svg(WIDTH, HEIGHT + 24, [*parts, *axis(HEIGHT, seconds)], label=label)
