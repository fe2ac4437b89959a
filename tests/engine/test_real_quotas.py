"""Limits and rates against a real server on loopback, with orchestrators of every kind. No bound here depends on how fast anything is."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from attrs import define, evolve, field

import service_functions as f
from counting_server import serving
from pipeline_optimization import Pipeline, Registry, run
from pipeline_optimization.engine.quota import rate_of
from pipeline_optimization.types import Attempt, OpenContext

LINKS = Pipeline("p").values(str)
KINDS = pytest.mark.parametrize(
    ("name", "options", "suffix"),
    [
        ("sequential", {}, ""),
        ("threaded", {"workers": 8}, ""),
        ("threaded", {"workers": 8}, "_async"),
        ("asyncio", {}, "_async"),
        ("multiprocess", {"workers": 4}, ""),
    ],
)


@define(eq=False)
class Watching:
    """Stands before an orchestrator, and notes between which two moments the start of each call was announced."""

    inner: Any
    capabilities: Any
    starts: list[tuple[float, float]] = field(factory=list)
    _calls: set[int] = field(factory=set)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def open(self, context: OpenContext) -> None:
        self.inner.open(evolve(context, started=self._noting(context.started)))

    def submit(self, attempt: Attempt) -> None:
        if not attempt.item.startswith("values:"):  # in a bundle, an element only becomes a call
            self._calls.add(attempt.id)
        self.inner.submit(attempt)

    def _noting(self, started: Callable[[int], None]) -> Callable[[int], None]:
        def note(attempt_id: int) -> None:
            before = time.monotonic()
            started(attempt_id)
            if attempt_id in self._calls:
                self.starts.append((before, time.monotonic()))

        return note


def watching(name: str, options: dict[str, object]) -> Watching:
    choice = Registry.load().orchestrator(name, options)
    return Watching(choice.build(), choice.component.capabilities)


@KINDS
def test_never_more_calls_at_once(name: str, options: dict[str, object], suffix: str) -> None:
    """The server never has more requests under way than the limit says, though there are more workers; with some, it has as many."""
    with serving() as server:
        links = [f"{server.url}/{number}/ok" for number in range(40)]
        report = run(LINKS.map(getattr(f, "limited" + suffix)).sum(), links, orchestrator=watching(name, options))
    assert report.result == 40
    assert server.most <= f.LIMIT


@KINDS
def test_never_more_calls_in_a_time(name: str, options: dict[str, object], suffix: str) -> None:
    """In no second do more calls begin than the rate says, and by no moment has the server seen more than it allows."""
    rate, calls = rate_of(f.RATE, f.BURST), 48
    orchestrator = watching(name, options)
    with serving() as server:
        links = [f"{server.url}/{number}/ok" for number in range(calls)]
        began = time.monotonic()
        report = run(LINKS.map(getattr(f, "paced" + suffix)).sum(), links, orchestrator=orchestrator)
    assert report.result == calls
    starts = sorted(orchestrator.starts)
    assert len(starts) == calls
    for number, (before, _) in enumerate(starts[: -rate.calls]):
        last = max(after for _, after in starts[number : number + rate.calls + 1])
        assert last - before >= rate.period
    arrivals = sorted(moment for moments in server.arrivals.values() for moment in moments)
    for number, moment in enumerate(arrivals, start=1):
        assert number <= rate.burst + (moment - began) / rate.interval
