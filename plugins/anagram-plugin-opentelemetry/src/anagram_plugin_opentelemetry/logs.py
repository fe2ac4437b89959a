"""Makes log records of what tasks log, and of failures, with the error and its traceback.

OpenTelemetry has deprecated the events of spans, which formerly told of errors.
"""

from __future__ import annotations

from collections.abc import Mapping

from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, SeverityNumber

from anagram_plugin_opentelemetry.attributes import Value, attributes, clean
from anagram_plugin_opentelemetry.collecting import Collecting
from anagram_plugin_opentelemetry.outcomes import result_of, run_name
from pipeline_optimization.plural import counted
from pipeline_optimization.types import AttemptEnded, ErrorRecord, RunFinished, TaskLogged

__all__ = ["Logs"]

SEVERITIES: Mapping[str, tuple[str, SeverityNumber.ValueType]] = {
    "DEBUG": ("DEBUG", SeverityNumber.SEVERITY_NUMBER_DEBUG),
    "INFO": ("INFO", SeverityNumber.SEVERITY_NUMBER_INFO),
    "WARNING": ("WARN", SeverityNumber.SEVERITY_NUMBER_WARN),
    "ERROR": ("ERROR", SeverityNumber.SEVERITY_NUMBER_ERROR),
    "CRITICAL": ("FATAL", SeverityNumber.SEVERITY_NUMBER_FATAL),
}
"""What OpenTelemetry calls Python's levels. A level of the program's own has the severity of INFO, and keeps its name."""


class Logs(Collecting[LogRecord]):
    """Collects the log records of a run."""

    def attempt_ended(self, event: AttemptEnded, span_id: bytes) -> None:
        """Add a record if the attempt failed: an error if its item failed with it, else a warning."""
        if event.outcome == "ok":
            return
        what = event.outcome if event.error is None else f"{event.error.type}: {event.error.message}"
        facts: dict[str, Value] = {
            "anagram.item": event.item,
            "anagram.task": event.task,
            "anagram.attempt": event.attempt,
            "anagram.outcome": event.outcome,
            "anagram.worker": event.worker,
            "anagram.item.status": event.status,
        }
        body = f"Attempt {event.attempt} of {event.item} failed: {what}"
        self._add(event.came_back_ns, body, facts, event.error, span_id, is_final=bool(event.status))

    def task_logged(self, event: TaskLogged) -> None:
        """Add a record that a task has logged, within the span of its item."""
        name, number = SEVERITIES.get(event.level, ("INFO", SeverityNumber.SEVERITY_NUMBER_INFO))
        facts: dict[str, Value] = {
            "anagram.item": event.item,
            "anagram.attempt": event.attempt,
            "anagram.worker": event.worker,
            "anagram.bundle": event.bundle,
            "anagram.logger": event.logger,
            "exception.stacktrace": event.exception,
        }
        item = event.bundle or event.item
        record = LogRecord(
            time_unix_nano=round(event.wall * 1e9),
            observed_time_unix_nano=self._unix(round(event.time * 1e9)),
            severity_number=number,
            severity_text=name if event.level in SEVERITIES else event.level,
            attributes=attributes({key: value for key, value in facts.items() if value}),
            trace_id=self._identity.trace_id,
            span_id=self._identity.item_span_id(item) if item else self._identity.run_span_id,
            flags=int(self._identity.is_sampled),
        )
        record.body.string_value = clean(event.message)
        self._made.append(record)

    def run_finished(self, event: RunFinished) -> None:
        """Add a record if the run ended early or with failures."""
        result, error_type = result_of(event)
        if result == "success":
            return
        why = event.reason or (error_type if event.error is None else f"{error_type}: {event.error.message}")
        if error_type == "failed_items":
            why = f"{counted(sum(one.failures for one in event.tasks.values()), 'item')} failed for good"
        facts: dict[str, Value] = {"cicd.pipeline.result": result, "error.type": error_type}
        body = f"The {run_name(self._started)} is not complete: {why}"
        self._add(round(event.time * 1e9), body, facts, event.error, self._identity.run_span_id, is_final=True)

    def _add(
        self,
        time: int,
        body: str,
        facts: dict[str, Value],
        error: ErrorRecord | None,
        span_id: bytes,
        *,
        is_final: bool,
    ) -> None:
        if error is not None:
            facts |= {
                "exception.type": error.type,
                "exception.message": error.message,
                "exception.stacktrace": error.traceback,
            }
        number = SeverityNumber.SEVERITY_NUMBER_ERROR if is_final else SeverityNumber.SEVERITY_NUMBER_WARN
        record = LogRecord(
            time_unix_nano=self._unix(time),
            observed_time_unix_nano=self._unix(time),
            severity_number=number,
            severity_text="ERROR" if is_final else "WARN",
            attributes=attributes(facts),
            trace_id=self._identity.trace_id,
            span_id=span_id,
            flags=int(self._identity.is_sampled),
            event_name="" if error is None else "exception",
        )
        record.body.string_value = clean(body)
        self._made.append(record)
