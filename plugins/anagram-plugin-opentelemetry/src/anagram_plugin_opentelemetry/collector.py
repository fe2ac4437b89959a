"""Posts messages to a collector, and tells its answer."""

from __future__ import annotations

import contextlib
import gzip
import http.client
import socket
import ssl
from urllib.parse import urlsplit

from attrs import frozen

from anagram_plugin_opentelemetry.settings import Destination, SettingError
from pipeline_optimization.engine.retry_after import delay_in

__all__ = ["Answer", "Collector"]

RETRYABLE = {429, 502, 503, 504}
"""The statuses after which a message may be sent again, by the specification of OTLP."""

FAILURES = (OSError, http.client.HTTPException, ValueError)
"""What a connection raises. It raises ValueError if the name of a host cannot be encoded."""

LONGEST_ANSWER = 64 << 10


@frozen(kw_only=True)
class Answer:
    """What a collector answered to a message.

    ``problem`` is empty if the collector took the message. ``retry_after`` is in seconds, None if it named no delay. ``body`` is what it sent.
    """

    problem: str = ""
    is_retryable: bool = False
    is_unreachable: bool = False
    retry_after: float | None = None
    body: bytes = b""


class Collector:
    """A connection to one address, which is kept between messages. Raises SettingError if the certificates cannot be used."""

    def __init__(self, destination: Destination) -> None:
        self._destination = destination
        parts = urlsplit(destination.url)
        self._host, self._port = parts.hostname or "", parts.port
        self._target = parts._replace(scheme="", netloc="", fragment="").geturl() or "/"
        self._context = _context(destination) if parts.scheme == "https" else None
        self._connection: http.client.HTTPConnection | None = None
        self._is_aborted = False

    def post(self, message: bytes) -> Answer:
        """Send a message and wait for the answer. The destination's timeout bounds the time between two signs of life."""
        headers = {"Content-Type": "application/x-protobuf", "User-Agent": "anagram-plugin-opentelemetry"}
        if self._destination.is_compressed:
            message, headers["Content-Encoding"] = gzip.compress(message, 1), "gzip"
        headers |= self._destination.headers
        is_kept = self._connection is not None
        try:
            return self._exchange(message, headers)
        except FAILURES as error:
            self.close()
            # The other side may have closed the connection because it was idle. Then it has not read the message.
            is_stale = is_kept and isinstance(error, ConnectionError) and not self._is_aborted
            problem = error
        if is_stale:
            try:
                return self._exchange(message, headers)
            except FAILURES as error:
                self.close()
                problem = error
        return Answer(
            problem=str(problem) or type(problem).__name__,
            is_retryable=True,
            is_unreachable=isinstance(problem, ConnectionRefusedError | socket.gaierror),
        )

    def abort(self) -> None:
        """End a post that waits in another thread at once, with an error."""
        self._is_aborted = True
        connection = self._connection
        if connection is not None and connection.sock is not None:
            with contextlib.suppress(OSError):
                connection.sock.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    def _exchange(self, message: bytes, headers: dict[str, str]) -> Answer:
        connection = self._connection or self._connect()
        self._connection = connection
        connection.request("POST", self._target, message, headers)
        response = connection.getresponse()
        body = response.read(LONGEST_ANSWER)
        if response.will_close or response.read(1):
            self.close()
        if 200 <= response.status < 300:
            return Answer(body=body)
        return Answer(
            problem=f"it answered {response.status} {response.reason}".strip(),
            is_retryable=response.status in RETRYABLE,
            retry_after=delay_in(response.headers),
        )

    def _connect(self) -> http.client.HTTPConnection:
        timeout = self._destination.timeout
        if self._context is None:
            return http.client.HTTPConnection(self._host, self._port, timeout=timeout)
        return http.client.HTTPSConnection(self._host, self._port, timeout=timeout, context=self._context)


def _context(destination: Destination) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=destination.certificate or None)
        if destination.client_certificate:
            context.load_cert_chain(destination.client_certificate, destination.client_key or None)
    except OSError as error:  # ssl.SSLError is one
        raise SettingError(f"the certificates of {destination.url} cannot be used: {error}") from error
    return context
