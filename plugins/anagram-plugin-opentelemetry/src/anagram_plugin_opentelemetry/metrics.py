"""Adds up a run's metrics by task and outcome. An item's name is never a label, since there may be millions of items."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping

from attrs import define, field
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.metrics.v1 import metrics_pb2 as otlp

from anagram_plugin_opentelemetry.attributes import attributes
from anagram_plugin_opentelemetry.outcomes import error_of, result_of
from pipeline_optimization.types import AttemptEnded, RunFinished, RunStarted

__all__ = ["Metrics"]

BOUNDS = (0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0)
"""Seconds between the buckets of a histogram: attempts take from microseconds to minutes."""

MOST_SERIES = 2000
"""The most sets of labels of one metric. All further ones are added up in a single one, as SDKs do."""

OVERFLOW = (("otel.metric.overflow", "true"),)

Labels = tuple[tuple[str, str], ...]

Times = tuple[int, int]
"""When counting began, and now: nanoseconds since 1970."""


@define
class _Histogram:
    counts: list[int] = field(factory=lambda: [0] * (len(BOUNDS) + 1))
    total: float = 0.0
    least: float = float("inf")
    most: float = 0.0

    def record(self, seconds: float) -> None:
        self.counts[bisect_left(BOUNDS, seconds)] += 1
        self.total += seconds
        self.least = min(self.least, seconds)
        self.most = max(self.most, seconds)


class Metrics:
    """Keeps the sums of one run, and makes OTLP's metrics from them."""

    def __init__(self, started: RunStarted, unix: Callable[[int], int]) -> None:
        self._started = started
        self._unix = unix
        self._durations: defaultdict[Labels, _Histogram] = defaultdict(_Histogram)
        self._runs: defaultdict[Labels, _Histogram] = defaultdict(_Histogram)
        self._attempts: Counter[Labels] = Counter()
        self._items: Counter[Labels] = Counter()
        self._retries: Counter[Labels] = Counter()
        self._seen = 0
        self._lost = 0
        self._saved = 0

    def worker_seen(self) -> None:
        self._seen += 1

    def worker_lost(self) -> None:
        self._lost += 1

    def task_retried(self, task: str) -> None:
        self._retries[_bounded(self._retries, (("anagram.task", task),))] += 1

    def checkpoint_saved(self, items: int) -> None:
        self._saved = items

    def attempt_ended(self, event: AttemptEnded) -> None:
        labels = (("anagram.task", event.task), ("anagram.outcome", event.outcome))
        began, ended = event.began_ns, event.ended_ns
        if began is None or ended is None:
            began, ended = event.handed_out_ns, event.came_back_ns
        if began is not None:
            self._durations[_bounded(self._durations, labels)].record((ended - began) / 1e9)
        named = labels if event.outcome == "ok" else (*labels, ("error.type", error_of(event)))
        self._attempts[_bounded(self._attempts, named)] += 1
        if event.status:
            status = (("anagram.task", event.task), ("anagram.item.status", event.status))
            self._items[_bounded(self._items, status)] += 1

    def run_finished(self, event: RunFinished) -> None:
        result, error_type = result_of(event)
        labels: Labels = (
            ("cicd.pipeline.name", self._started.name),
            ("cicd.pipeline.result", result),
        )
        labels = (*labels, ("error.type", error_type)) if error_type else labels
        self._runs[labels].record(event.time - self._started.time)

    def as_otlp(self, now: int) -> list[otlp.Metric]:
        """Return all metrics as they are at ``now``, nanoseconds of the engine's clock."""
        times = self._unix(round(self._started.time * 1e9)), self._unix(now)
        metrics = [
            _histogram("anagram.attempt.duration", "How long attempts ran in their workers.", self._durations, times),
            _histogram("cicd.pipeline.run.duration", "How long the run took.", self._runs, times),
            _counter("anagram.attempts", "{attempt}", "Attempts that ended.", self._attempts, times),
            _counter("anagram.items", "{item}", "Items that reached their end.", self._items, times),
            _counter("anagram.retries", "{retry}", "Attempts that follow a failed or lost one.", self._retries, times),
            _counter("anagram.workers.lost", "{worker}", "Workers that died with an attempt.", {(): self._lost}, times),
            _gauge("anagram.workers", "{worker}", "Workers that have answered and are not lost.", max(0, self._seen - self._lost), times),
            _gauge("anagram.slots", "{slot}", "Attempts that can run at once.", self._started.slots, times),
            _gauge("anagram.checkpoint.items", "{item}", "Items that are safe in the checkpoint.", self._saved, times),
        ]  # fmt: skip
        return [metric for metric in metrics if metric is not None]


def _bounded(series: Mapping[Labels, object], labels: Labels) -> Labels:
    """Return labels that a metric has room for."""
    return labels if labels in series or len(series) < MOST_SERIES - 1 else OVERFLOW


def _histogram(name: str, description: str, series: Mapping[Labels, _Histogram], times: Times) -> otlp.Metric | None:
    if not series:
        return None
    points = [
        otlp.HistogramDataPoint(
            start_time_unix_nano=times[0],
            time_unix_nano=times[1],
            attributes=_labels(labels),
            count=sum(one.counts),
            sum=one.total,
            min=one.least,
            max=one.most,
            bucket_counts=one.counts,
            explicit_bounds=BOUNDS,
        )
        for labels, one in series.items()
    ]
    histogram = otlp.Histogram(data_points=points, aggregation_temporality=otlp.AGGREGATION_TEMPORALITY_CUMULATIVE)
    return otlp.Metric(name=name, unit="s", description=description, histogram=histogram)


def _counter(name: str, unit: str, description: str, series: Mapping[Labels, int], times: Times) -> otlp.Metric | None:
    if not series:
        return None
    points = [
        otlp.NumberDataPoint(
            start_time_unix_nano=times[0], time_unix_nano=times[1], attributes=_labels(labels), as_int=count
        )
        for labels, count in series.items()
    ]
    total = otlp.Sum(
        data_points=points, is_monotonic=True, aggregation_temporality=otlp.AGGREGATION_TEMPORALITY_CUMULATIVE
    )
    return otlp.Metric(name=name, unit=unit, description=description, sum=total)


def _gauge(name: str, unit: str, description: str, value: int, times: Times) -> otlp.Metric:
    point = otlp.NumberDataPoint(start_time_unix_nano=times[0], time_unix_nano=times[1], as_int=value)
    return otlp.Metric(name=name, unit=unit, description=description, gauge=otlp.Gauge(data_points=[point]))


def _labels(labels: Labels) -> Iterable[KeyValue]:
    return attributes(dict(labels))
