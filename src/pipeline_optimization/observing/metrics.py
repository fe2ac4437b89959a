"""A run's totals as metrics in the text format of Prometheus, for node exporter's textfile collector.

Names and types follow https://prometheus.io/docs/practices/naming/. Labels are the pipeline, the task, the outcome and the type of an error. They are
never an item, because there may be millions of items.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from attrs import define, field

from pipeline_optimization.types.events import AttemptEnded, RunEvent, RunFinished, RunStarted, WorkerLost

__all__ = ["Metrics"]

PREFIX = "pipeline_optimization"

BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
"""Upper bounds of the histogram of durations, in seconds."""

Labels = Mapping[str, str]


@define
class _Histogram:
    counts: list[int] = field(factory=lambda: [0] * (len(BOUNDS) + 1))
    total: float = 0.0

    def add(self, seconds: float, times: int) -> None:
        self.counts[bisect_left(BOUNDS, seconds)] += times
        self.total += seconds * times


@define
class Metrics:
    """Adds up events. ``text`` may be called at any time. Totals of the run's end are in it after the run has finished.

    Attributes:
        before: The text of the last run's metrics. The time of the last success is taken from there if this run is no success.
    """

    before: str = ""
    _pipeline: str = "anagrams"
    _started: RunStarted | None = None
    _finished: RunFinished | None = None
    _attempts: Counter[tuple[str, str]] = field(factory=Counter)
    _retries: Counter[str] = field(factory=Counter)
    _durations: dict[tuple[str, str], _Histogram] = field(factory=dict)
    _lost: int = 0

    def note(self, event: RunEvent, stands_for: int = 1) -> None:
        """Add an event that stands for this number of attempts. 0 means that other lines count for it."""
        if isinstance(event, AttemptEnded):
            key = event.task, event.outcome
            self._attempts[key] += stands_for
            self._retries[event.task] += stands_for * (event.attempt > 1)
            if event.began_ns is not None and event.ended_ns is not None:
                if key not in self._durations:
                    self._durations[key] = _Histogram()
                self._durations[key].add((event.ended_ns - event.began_ns) / 1e9, stands_for)
        elif isinstance(event, WorkerLost):
            self._lost += 1
        elif isinstance(event, RunStarted):
            self._started, self._pipeline = event, event.name
        elif isinstance(event, RunFinished):
            self._finished = event

    def text(self) -> str:
        """Return all metrics, each with its help and its type."""
        return "".join(self._lines())

    def _lines(self) -> Iterator[str]:
        started, finished = self._started, self._finished
        attempts = [({"task": task, "outcome": outcome}, n) for (task, outcome), n in sorted(self._attempts.items())]
        yield from self._metric("attempts_total", "counter", "Attempts that have come back.", attempts)
        retries = [({"task": task}, n) for task, n in sorted(self._retries.items())]
        yield from self._metric(
            "retried_attempts_total", "counter", "Attempts that were not their item's first.", retries
        )
        yield from self._histogram()
        yield from self._metric(
            "lost_workers_total", "counter", "Workers that died with an attempt.", [({}, self._lost)]
        )
        if started is not None:
            yield from self._value("slots", "Attempts that can run at once.", started.slots)
            yield from self._value("run_start_timestamp_seconds", "When the run started.", started.wall)
        if finished is not None and started is not None:
            yield from self._of_the_end(started, finished)
        success = finished.wall if finished is not None and finished.is_complete else self._last_success()
        if success is not None:
            help_ = "When the last run with a complete result ended."
            yield from self._value("run_last_success_timestamp_seconds", help_, success)

    def _of_the_end(self, started: RunStarted, finished: RunFinished) -> Iterator[str]:
        tasks = sorted(finished.tasks.items())
        items = [({"task": task}, totals.items) for task, totals in tasks]
        yield from self._metric("items_total", "counter", "Items that were begun.", items)
        failed = [({"task": task}, totals.failures) for task, totals in tasks]
        yield from self._metric("failed_items_total", "counter", "Items that failed for good.", failed)
        errors = [
            ({"task": task, "error": error}, n) for task, totals in tasks for error, n in sorted(totals.errors.items())
        ]
        yield from self._metric("errors_total", "counter", "Attempts that ended in an error, by its type.", errors)
        yield from self._metric("read_bytes_total", "counter", "Bytes of input.", [({}, finished.bytes_read)])
        yield from self._value("run_duration_seconds", "How long the last run took.", finished.time - started.time)
        yield from self._value("run_last_completion_timestamp_seconds", "When the last run ended.", finished.wall)
        yield from self._value("run_complete", "1 if the result of the last run was complete.", finished.is_complete)

    def _value(self, name: str, help_: str, value: float) -> Iterator[str]:
        yield from self._metric(name, "gauge", help_, [({}, float(value))])

    def _metric(self, name: str, kind: str, help_: str, samples: Iterable[tuple[Labels, float]]) -> Iterator[str]:
        lines = [self._sample(name, labels, value) for labels, value in samples]
        if lines:
            yield f"# HELP {PREFIX}_{name} {help_}\n# TYPE {PREFIX}_{name} {kind}\n"
            yield from lines

    def _histogram(self) -> Iterator[str]:
        name = "attempt_duration_seconds"
        if not self._durations:
            return
        yield f"# HELP {PREFIX}_{name} How long attempts ran in their worker, simulated waits included.\n# TYPE {PREFIX}_{name} histogram\n"
        for (task, outcome), histogram in sorted(self._durations.items()):
            labels = {"task": task, "outcome": outcome}
            total = 0
            for bound, count in zip((*BOUNDS, float("inf")), histogram.counts, strict=True):
                total += count
                yield self._sample(
                    f"{name}_bucket", {**labels, "le": "+Inf" if bound == float("inf") else f"{bound:g}"}, total
                )
            yield self._sample(f"{name}_sum", labels, histogram.total)
            yield self._sample(f"{name}_count", labels, total)

    def _sample(self, name: str, labels: Labels, value: float) -> str:
        every = {"pipeline": self._pipeline, **labels}
        return f"{PREFIX}_{name}{{{','.join(_label(*one) for one in every.items())}}} {value!r}\n"

    def _last_success(self) -> float | None:
        name = re.escape(f"{PREFIX}_run_last_success_timestamp_seconds{{{_label('pipeline', self._pipeline)}}}")
        found = re.search(rf"^{name} ([\d.e+]+)$", self.before, re.MULTILINE)
        return float(found[1]) if found else None


def _label(name: str, value: str) -> str:
    escaped = value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
    return f'{name}="{escaped}"'
