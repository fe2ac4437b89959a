"""Starts a subject, talks to it, and watches it while it works."""

from __future__ import annotations

import fcntl
import json
import os
import select
import selectors
import signal
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import cast

import psutil
from attrs import define

from pipeline_optimization.benchmarks.measuring.messages import Event, GarbledError, ReportBuffer
from pipeline_optimization.benchmarks.measuring.subject_start import Start, SubjectEnds
from pipeline_optimization.benchmarks.measuring.task_server import TaskServer

__all__ = ["Output", "SubjectProcess"]

BLOCK = 1 << 17
EXCERPT = 2000
MOST_BLOCKS = 64
"""The most blocks that are read at the end of a stream. They are more than a pipe holds. A process that outlives the subject may write for ever."""
PIPE = 1 << 20
"""Bytes that a pipe holds, if the system allows it. So a long text is passed on in fewer pieces."""
POLL = 0.02
"""Seconds between two checks for a subject's end, if the system cannot announce it."""


@define
class Output:
    """The output that came from a stream: its length in bytes, its beginning and its end."""

    length: int = 0
    excerpt: bytes = b""
    tail: bytes = b""

    def add(self, data: bytes) -> None:
        self.length += len(data)
        self.excerpt = (self.excerpt + data[:EXCERPT])[:EXCERPT]
        self.tail = (self.tail + data[-EXCERPT:])[-EXCERPT:]


@define
class _Streams:
    reports: int
    stdout: int
    stderr: int


class SubjectProcess:
    """One fresh process in a session of its own.

    While this process waits for a report, the server answers calls of tasks, and ``tick`` is called every ``interval()`` seconds. Nothing else runs
    here meanwhile. ``received`` is the moment (perf_counter) at which the last report came.
    """

    def __init__(
        self,
        environment: Mapping[str, str],
        *,
        start: Start,
        tick: Callable[[], None],
        interval: Callable[[], float],
        read_answer: Callable[[bytes], object],
        server: TaskServer | None = None,
    ) -> None:
        self._tick = tick
        self._interval = interval
        self._server = server
        self._next_tick = time.monotonic()
        self._buffer = ReportBuffer(read_answer)
        self.received = 0.0
        self.has_forked = False
        self.stdout = Output()
        self.stderr = Output()
        self.exit: int | None = None
        self.cpu_user = 0.0
        self.cpu_system = 0.0
        commands_read, self._commands = os.pipe()
        reports, reports_write = os.pipe()
        stdout, stdout_write = os.pipe()
        stderr, stderr_write = os.pipe()
        self._streams = _Streams(reports, stdout, stderr)
        self.pid = start(environment, SubjectEnds(commands_read, reports_write, stdout_write, stderr_write))
        for handle in (commands_read, reports_write, stdout_write, stderr_write):
            os.close(handle)
        self._selector = selectors.DefaultSelector()
        for handle in (self._commands, reports):
            _widen(handle)
        os.set_blocking(self._commands, False)
        for handle in (reports, stdout, stderr):
            os.set_blocking(handle, False)
            self._selector.register(handle, selectors.EVENT_READ)
        self._pidfd = _announce_end(self.pid)
        # These wake this process, and contain nothing to read.
        wakers = {self._pidfd, None if server is None else server.fileno()} - {None}
        for waker in wakers:
            self._selector.register(cast("int", waker), selectors.EVENT_READ)
        self._silent = wakers | {self._commands}

    def send(self, *, deadline: float, body: bytes = b"", **message: object) -> None:
        """Send an order and the bytes that follow it. If the subject has ended, nothing happens. Raises TimeoutError."""
        data = memoryview(json.dumps(message).encode() + b"\n" + body)
        while data:
            try:
                data = data[os.write(self._commands, data) :]
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise TimeoutError from None
                self._selector.register(self._commands, selectors.EVENT_WRITE)
                self._pass_time(deadline)
                self._selector.unregister(self._commands)
            except BrokenPipeError:
                return

    def receive(self, *names: str, deadline: float) -> Event | None:
        """Return the next report, or None if the subject has ended.

        Raises GarbledError if it is none of the named reports, and TimeoutError at the deadline.
        """
        event = self._next_event(deadline)
        while event is not None and event["event"] == "forked":
            self.has_forked = True
            event = self._next_event(deadline)
        if event is not None and event["event"] not in names:
            raise GarbledError(f"a report {event['event']!r} out of turn")
        return event

    def time_answer(self, data: bytes, *, deadline: float) -> tuple[float, Event] | None:
        """Send an input. Return the seconds until the whole answer was here, and the answer.

        Returns None if the subject has ended. Raises as ``receive`` does.
        """
        began = time.perf_counter()
        self.send(order="execute", length=len(data), body=data, deadline=deadline)
        answer = self.receive("result", "misshapen", "raised", deadline=deadline)
        return None if answer is None else (self.received - began, answer)

    def _next_event(self, deadline: float) -> Event | None:
        while True:
            if (event := self._buffer.next()) is not None:
                return event
            if self._has_ended():
                if self._drain():
                    continue
                if self._buffer:
                    raise GarbledError("half a report")
                return None
            if time.monotonic() > deadline:
                raise TimeoutError
            self._pass_time(deadline)

    def wait(self, *, deadline: float) -> bool:
        """Wait for the subject's end. Return whether it came in time."""
        while not self._has_ended():
            if time.monotonic() > deadline:
                return False
            self._pass_time(deadline)
        self._drain()
        return True

    def thread_count(self) -> int:
        """Return how many threads the subject has, or 0 if it has ended. The subject could tell another number."""
        try:
            return psutil.Process(self.pid).num_threads()
        except psutil.Error:
            return 0

    def await_threads(self, most: int, *, deadline: float) -> int:
        """Wait until the subject has at most ``most`` threads. Return how many it has more at the deadline."""
        while (found := self.thread_count()) > most and time.monotonic() < deadline:
            self._pass_time(min(deadline, time.monotonic() + POLL))
        return max(0, found - most)

    def kill(self) -> None:
        """Kill the subject itself."""
        if self.exit is None:
            os.kill(self.pid, signal.SIGKILL)

    def close(self) -> None:
        """Close the pipes. The subject must have ended."""
        self._selector.close()
        for handle in (self._commands, self._streams.reports, self._streams.stdout, self._streams.stderr, self._pidfd):
            if handle is not None:
                os.close(handle)

    @property
    def exit_name(self) -> str:
        """Return the exit code, or the name of the signal that ended the subject."""
        assert self.exit is not None
        if self.exit >= 0:
            return str(self.exit)
        try:
            return signal.Signals(-self.exit).name
        except ValueError:
            return f"signal {-self.exit}"

    def _pass_time(self, deadline: float) -> None:
        now = time.monotonic()
        if now >= self._next_tick:
            self._tick()
            self._next_tick = time.monotonic() + self._interval()
        until = min(self._next_tick, deadline)
        if self._pidfd is None:
            until = min(until, now + POLL)
        if self._server is not None:
            until = min(until, self._server.due)
        # The selector itself waits for whole milliseconds, which would answer calls of tasks half a millisecond late.
        select.select([self._selector], [], [], max(0.0, until - time.monotonic()))
        for key, _ in self._selector.select(0):
            self._read(key.fd)
        if self._server is not None:
            self._server.serve()

    def _read(self, handle: int) -> bool:
        """Read what a stream has. Return whether there was anything."""
        if handle in self._silent:
            return False
        try:
            data = os.read(handle, BLOCK)
        except BlockingIOError:
            return False
        if not data:
            # A closed stream is always ready, so it must not be selected any more.
            if handle in self._selector.get_map():
                self._selector.unregister(handle)
            return False
        if handle == self._streams.reports:
            self._buffer.add(data)
            self.received = time.perf_counter()
        else:
            (self.stdout if handle == self._streams.stdout else self.stderr).add(data)
        return True

    def _drain(self) -> bool:
        """Read what is left. Return whether it contained a part of a report."""
        before = len(self._buffer)
        for handle in (self._streams.reports, self._streams.stdout, self._streams.stderr):
            for _ in range(MOST_BLOCKS):
                if not self._read(handle):
                    break
        return len(self._buffer) > before

    def _has_ended(self) -> bool:
        if self.exit is None:
            pid, status, usage = os.wait4(self.pid, os.WNOHANG)
            if pid:
                self.exit = os.waitstatus_to_exitcode(status)
                self.cpu_user, self.cpu_system = usage.ru_utime, usage.ru_stime
        return self.exit is not None


def _announce_end(pid: int) -> int | None:
    try:
        return os.pidfd_open(pid)
    except (AttributeError, OSError):
        return None


def _widen(pipe: int) -> None:
    if hasattr(fcntl, "F_SETPIPE_SZ"):
        with suppress(OSError):
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, PIPE)
