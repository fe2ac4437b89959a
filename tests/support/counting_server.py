"""A web server on loopback that counts what its clients do, and behaves as badly as it is asked to."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

__all__ = ["CountingServer", "serving"]

HELD = 0.02
"""Seconds that an answer takes: long enough that calls overlap."""

NEVER = 60.0


class CountingServer(ThreadingHTTPServer):
    """Answers any path, as its last part says: ``/1/ok``, ``/2/missing``. The bad ones behave badly once for each path, ``gone`` always.

    ``arrivals`` are the times at which requests came in, by path; ``most`` is how many were under way at once.
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.lock = threading.Lock()
        self.is_over = threading.Event()
        self.arrivals: dict[str, list[float]] = {}
        self.under_way = self.most = 0
        self.statuses: Counter[int] = Counter()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    @contextmanager
    def counted(self, path: str) -> Iterator[int]:
        """Count a request, which is not answered before this ends; give the number of its path's requests before it."""
        with self.lock:
            times = self.arrivals.setdefault(path, [])
            times.append(time.monotonic())
            self.under_way += 1
            self.most = max(self.most, self.under_way)
            before = len(times) - 1
        try:
            yield before
        finally:
            with self.lock:
                self.under_way -= 1

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of clients that have gone."""


class _Handler(BaseHTTPRequestHandler):
    server: CountingServer

    def do_GET(self) -> None:
        with self.server.counted(self.path) as before:
            self.server.is_over.wait(HELD)
            how = self.path.rpartition("/")[2]
            is_bad = before == 0 or how == "gone"
            if how == "slow" and is_bad:
                self.server.is_over.wait(NEVER)
        if how in {"reset", "gone"} and is_bad:
            # With a linger time of 0, closing sends a reset.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            self.connection.close()
            return
        bad = {"missing": 404, "busy": 429, "down": 503}
        self._answer(bad.get(how, 200) if is_bad or how == "missing" else 200)

    def _answer(self, status: int) -> None:
        with self.server.lock:
            self.server.statuses[status] += 1
        self.send_response(status)
        if status == 429:
            self.send_header("Retry-After", "1")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Keep quiet."""


@contextmanager
def serving() -> Iterator[CountingServer]:
    """Let a server run meanwhile."""
    with CountingServer() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.is_over.set()
            server.shutdown()
            thread.join()
