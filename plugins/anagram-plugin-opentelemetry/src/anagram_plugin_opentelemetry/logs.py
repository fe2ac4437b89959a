"""Makes log records of failures, with the error and its traceback. Events of spans, which did that formerly, are deprecated."""

from __future__ import annotations

from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, SeverityNumber

from anagram_plugin_opentelemetry.attributes import Value, attributes, clean
from anagram_plugin_opentelemetry.collecting import Collecting
from anagram_plugin_opentelemetry.outcomes import result_of, run_name
from pipeline_optimization.types import AttemptEnded, ErrorRecord, RunFinished

__all__ = ["Logs"]


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

    def run_finished(self, event: RunFinished) -> None:
        """Add a record if the run ended early or with failures."""
        result, error_type = result_of(event)
        if result == "success":
            return
        why = event.reason or (error_type if event.error is None else f"{error_type}: {event.error.message}")
        if error_type == "failed_items":
            why = f"{sum(one.failures for one in event.tasks.values())} items failed for good"
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
