"""Packs spans, metrics and log records into OTLP's messages, and reads the answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest, ExportLogsServiceResponse
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.common.v1.common_pb2 import InstrumentationScope
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, ResourceLogs, ScopeLogs
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric, ResourceMetrics, ScopeMetrics
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span

from anagram_plugin_opentelemetry.attributes import attributes
from anagram_plugin_opentelemetry.delivery import Parcel
from pipeline_optimization.installed import version_of

__all__ = ["Packer", "count_rejected"]

NAME = "anagram-plugin-opentelemetry"


class Packer:
    """Packs the signals of one resource."""

    def __init__(self, resource: Mapping[str, Any]) -> None:
        self._resource = Resource(attributes=attributes(resource))
        self._scope = InstrumentationScope(name=NAME, version=version_of(NAME))

    def spans(self, spans: Sequence[Span]) -> Parcel:
        scoped = ScopeSpans(scope=self._scope, spans=spans)
        message = ExportTraceServiceRequest(
            resource_spans=[ResourceSpans(resource=self._resource, scope_spans=[scoped])]
        )
        return Parcel(signal="traces", body=message.SerializeToString(), count=len(spans))

    def metrics(self, metrics: Sequence[Metric]) -> Parcel:
        scoped = ScopeMetrics(scope=self._scope, metrics=metrics)
        message = ExportMetricsServiceRequest(
            resource_metrics=[ResourceMetrics(resource=self._resource, scope_metrics=[scoped])]
        )
        return Parcel(signal="metrics", body=message.SerializeToString(), count=len(metrics))

    def logs(self, records: Sequence[LogRecord]) -> Parcel:
        scoped = ScopeLogs(scope=self._scope, log_records=records)
        message = ExportLogsServiceRequest(resource_logs=[ResourceLogs(resource=self._resource, scope_logs=[scoped])])
        return Parcel(signal="logs", body=message.SerializeToString(), count=len(records))


def count_rejected(parcel: Parcel, answer: bytes) -> tuple[int, str]:
    """Return how many spans, metrics or records a collector left out of a message that it took, and why."""
    if not answer:
        return 0, ""
    try:
        if parcel.signal == "traces":
            traces = ExportTraceServiceResponse.FromString(answer).partial_success
            return traces.rejected_spans, traces.error_message
        if parcel.signal == "logs":
            logs = ExportLogsServiceResponse.FromString(answer).partial_success
            return logs.rejected_log_records, logs.error_message
        metrics = ExportMetricsServiceResponse.FromString(answer).partial_success
        return min(parcel.count, metrics.rejected_data_points), metrics.error_message
    except DecodeError:  # a proxy has answered in words; the message was taken
        return 0, ""
