"""The export of one run: makes the signals that the environment asks for from its events, and sends them in batches."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping

from anagram_plugin_opentelemetry.asking import Signal
from anagram_plugin_opentelemetry.collector import Answer, Collector
from anagram_plugin_opentelemetry.delivery import MOST_BYTES, Delivery, Losses, Parcel
from anagram_plugin_opentelemetry.identity import identity_of, resource_of
from anagram_plugin_opentelemetry.logs import Logs
from anagram_plugin_opentelemetry.messages import Packer, count_rejected
from anagram_plugin_opentelemetry.metrics import Metrics
from anagram_plugin_opentelemetry.outcomes import run_name
from anagram_plugin_opentelemetry.settings import Destination, SettingError, destinations, milliseconds
from anagram_plugin_opentelemetry.spans import Spans
from pipeline_optimization.error_text import shortened
from pipeline_optimization.masking import masked
from pipeline_optimization.types import AttemptEnded, CheckpointSaved, RunFinished, RunStarted, TaskLogged, TaskRetried

__all__ = ["PATIENCE", "Export", "begin"]

BATCH = 1000
"""Spans or log records in a message."""

OFTEN = 5.0
"""Seconds after which a smaller batch is sent."""

PATIENCE = 1.5
"""Seconds that a run's end waits for the collector."""

LONGEST = 500
"""Characters of a reason."""

NOUNS: Mapping[Signal, str] = {"traces": "spans", "metrics": "metrics", "logs": "log records"}


def begin(started: RunStarted, environment: Mapping[str, str]) -> Export | None:
    """Return the export of a run that begins. If the value of a variable cannot be used, say so on standard error and return None."""
    try:
        return Export(started, environment)
    except SettingError as error:
        sys.stderr.write(f"opentelemetry: This run is not exported: {masked(str(error))}.\n")
        return None


class Export:
    """Takes the events of a run. Raises SettingError if the value of a variable cannot be used."""

    def __init__(self, started: RunStarted, environment: Mapping[str, str]) -> None:
        self._destinations = destinations(environment)
        self._interval = milliseconds(environment, "OTEL_METRIC_EXPORT_INTERVAL", 60.0)
        identity = identity_of(environment, run_name(started))
        self._collectors = {signal: Collector(one) for signal, one in self._destinations.items()}
        self._origin = round(started.wall * 1e9) - round(started.time * 1e9)
        self._spans = Spans(identity, started, self._unix) if "traces" in self._destinations else None
        self._logs = Logs(identity, started, self._unix) if "logs" in self._destinations else None
        self._metrics = Metrics(started, self._unix) if "metrics" in self._destinations else None
        self._packer = Packer(resource_of(started))
        self._delivery = Delivery(
            post=self._post,
            abort=self._abort,
            close=self._close,
            count_rejected=count_rejected,
            most_bytes=MOST_BYTES,
            timeout=max(one.timeout for one in self._destinations.values()),
        )
        self._last_batch = self._last_metrics = time.monotonic()

    def worker_seen(self) -> None:
        if self._metrics is not None:
            self._metrics.worker_seen()

    def worker_lost(self) -> None:
        if self._metrics is not None:
            self._metrics.worker_lost()

    def task_retried(self, event: TaskRetried) -> None:
        if self._metrics is not None:
            self._metrics.task_retried(event.task)

    def checkpoint_saved(self, event: CheckpointSaved) -> None:
        if self._metrics is not None:
            self._metrics.checkpoint_saved(event.items)

    def task_logged(self, event: TaskLogged) -> None:
        if self._logs is not None:
            self._logs.task_logged(event)
            if len(self._logs) >= BATCH:
                self._send_batches()

    def attempt_ended(self, event: AttemptEnded) -> None:
        span_id = b"" if self._spans is None else self._spans.attempt_ended(event)
        if self._logs is not None:
            self._logs.attempt_ended(event, span_id)
        now = time.monotonic()
        if self._is_full() or now - self._last_batch >= OFTEN:
            self._send_batches()
            self._last_batch = now
        if self._metrics is not None:
            self._metrics.attempt_ended(event)
            if now - self._last_metrics >= self._interval:
                self._send_metrics(self._metrics, event.came_back_ns)
                self._last_metrics = now

    def finish(self, event: RunFinished) -> None:
        """Send what is left, wait a little for the collector, and say in one line what may not have reached it."""
        if self._spans is not None:
            self._spans.run_finished(event)
        if self._logs is not None:
            self._logs.run_finished(event)
        self._send_batches()
        if self._metrics is not None:
            self._metrics.run_finished(event)
            self._send_metrics(self._metrics, round(event.time * 1e9))
        losses = self._delivery.finish(PATIENCE)
        if losses.lost:
            sys.stderr.write(_line(losses, self._destinations))

    def _unix(self, time_ns: int) -> int:
        return self._origin + time_ns

    def _is_full(self) -> bool:
        return (self._spans is not None and len(self._spans) >= BATCH) or (
            self._logs is not None and len(self._logs) >= BATCH
        )

    def _send_batches(self) -> None:
        if self._spans is not None and len(self._spans):
            self._delivery.put(self._packer.spans(self._spans.take()))
        if self._logs is not None and len(self._logs):
            self._delivery.put(self._packer.logs(self._logs.take()))

    def _send_metrics(self, metrics: Metrics, now: int) -> None:
        self._delivery.put(self._packer.metrics(metrics.as_otlp(now)))

    def _post(self, parcel: Parcel) -> Answer:
        return self._collectors[parcel.signal].post(parcel.body)

    def _abort(self) -> None:
        for collector in self._collectors.values():
            collector.abort()

    def _close(self) -> None:
        for collector in self._collectors.values():
            collector.close()


def _line(losses: Losses, places: Mapping[Signal, Destination]) -> str:
    """Return what did not arrive as a line. The reason may be any text, since collectors write it."""
    parts = [f"{count:,} of {losses.sent[signal]:,} {NOUNS[signal]}" for signal, count in losses.lost.items()]
    where = masked(", ".join(dict.fromkeys(places[signal].url for signal in losses.lost)))
    reason = shortened(masked(" ".join(losses.reason.split())), LONGEST).rstrip(".")
    return f"opentelemetry: {', '.join(parts)} are not known to have reached {where}: {reason}.\n"
