"""A collector on loopback, which decodes what it gets."""

from __future__ import annotations

import contextlib
import gzip
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric
from opentelemetry.proto.trace.v1.trace_pb2 import Span

REQUESTS = {
    "/v1/traces": ExportTraceServiceRequest,
    "/v1/metrics": ExportMetricsServiceRequest,
    "/v1/logs": ExportLogsServiceRequest,
}


def plain(value: AnyValue) -> Any:
    found = getattr(value, value.WhichOneof("value"))
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
        return [
            span
            for path, message, _ in self.messages
            if path == "/v1/traces"
            for resource in message.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]

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
        return [
            record
            for path, message, _ in self.messages
            if path == "/v1/logs"
            for resource in message.resource_logs
            for scope in resource.scope_logs
            for record in scope.log_records
        ]


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    """Return a collector that runs, with the environment pointing at it."""
    found = Receiver()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, more, answer = found.take(self.path, body, headers)
            self.send_response(status)
            for name, value in {**more, "Content-Length": str(len(answer))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer)

        def handle(self) -> None:
            with contextlib.suppress(ConnectionError):  # of a run that did not wait
                super().handle()

        def log_message(self, *arguments: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        found.url = f"http://127.0.0.1:{server.server_port}"
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", found.url)
        yield found
        server.shutdown()
        thread.join()
