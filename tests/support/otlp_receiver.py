"""What a collector of OpenTelemetry got, decoded."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from typing import Any

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric
from opentelemetry.proto.trace.v1.trace_pb2 import Span

__all__ = ["Receiver", "facts"]

REQUESTS: dict[str, Any] = {
    "/v1/traces": ExportTraceServiceRequest,
    "/v1/metrics": ExportMetricsServiceRequest,
    "/v1/logs": ExportLogsServiceRequest,
}


def plain(value: AnyValue) -> Any:
    found = getattr(value, str(value.WhichOneof("value")))
    return [plain(one) for one in found.values] if value.HasField("array_value") else found


def facts(owner: Any) -> dict[str, Any]:
    """Return the attributes of a span, a point, a record or a resource."""
    keys = [one.key for one in owner.attributes]
    assert len(keys) == len(set(keys)) <= 128, "attributes are unique and not too many"
    return {one.key: plain(one.value) for one in owner.attributes}


class Receiver:
    """What arrived. ``answer`` is asked for the status of each message that came, and for headers."""

    def __init__(self) -> None:
        self.messages: list[tuple[str, Any, dict[str, str]]] = []
        self.answer: Callable[[str], tuple[int, dict[str, str], bytes]] = lambda path: (200, {}, b"")
        self.url = ""

    def take(self, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        status, more, answer = self.answer(path)
        if status == 200:
            if headers.get("content-encoding") == "gzip":
                body = gzip.decompress(body)
            self.messages.append((path, REQUESTS[path].FromString(body), headers))
        return status, more, answer

    @property
    def resources(self) -> list[dict[str, Any]]:
        found = []
        for _, message, _ in self.messages:
            for name in ("resource_spans", "resource_metrics", "resource_logs"):
                found += [facts(one.resource) for one in getattr(message, name, ())]
        return found

    @property
    def spans(self) -> list[Span]:
        return self._inside("/v1/traces", "resource_spans", "scope_spans", "spans")

    @property
    def metrics(self) -> dict[str, Metric]:
        """Return the metrics of the last message, by name."""
        found = [message for path, message, _ in self.messages if path == "/v1/metrics"]
        return {
            one.name: one
            for resource in found[-1].resource_metrics
            for scope in resource.scope_metrics
            for one in scope.metrics
        }

    @property
    def records(self) -> list[LogRecord]:
        return self._inside("/v1/logs", "resource_logs", "scope_logs", "log_records")

    def _inside(self, path: str, *names: str) -> list[Any]:
        """Return what all messages to a path have, one level of names after the other."""
        found: list[Any] = [message for to, message, _ in self.messages if to == path]
        for name in names:
            found = [one for outer in found for one in getattr(outer, name)]
        return found
