"""Starts a subject, talks to it, and watches it while it works."""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from typing import TypedDict

from attrs import define

__all__ = ["Event", "Output", "SubjectProcess"]

BLOCK = 1 << 16
EXCERPT = 2000
POLL = 0.02
"""Seconds between looks at a subject's end where the system cannot announce it."""


class Event(TypedDict, total=False):
    """What a subject reports; ``event`` says which, and thereby which other keys there are."""

    event: str
    ns: int
    threads: int
    step: str
    type: str
    message: str
    place: str
    is_missing: bool
    counts: dict[str, int]
    reported_ms: float | None
    startup_ms: float | None


@define
class Output:
    """What came out of a stream: its length in bytes and its beginning."""

    length: int = 0
    excerpt: bytes = b""

    def add(self, data: bytes) -> None:
        self.length += len(data)
        self.excerpt = (self.excerpt + data)[:EXCERPT]


@define
class _Streams:
    reports: int
    stdout: int
    stderr: int


class SubjectProcess:
    """One fresh process in a session of its own.

    While it waits for a report, ``tick`` is called every ``interval()`` seconds; nothing else runs in this process
    meanwhile.
    """

    def __init__(
        self, environment: Mapping[str, str], *, tick: Callable[[], None], interval: Callable[[], float]
    ) -> None:
        self._tick = tick
        self._interval = interval
        self._next_tick = time.monotonic()
        self._buffer = b""
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
        module = "pipeline_optimization.benchmarks.subject"
        self._popen = subprocess.Popen(  # noqa: S603 - our own module, no shell
            # -P: a user's json.py in the working directory would take the place of the standard library's.
            [sys.executable, "-P", "-m", module, str(commands_read), str(reports_write)],
            stdin=subprocess.DEVNULL,
            stdout=stdout_write,
            stderr=stderr_write,
            env=dict(environment),
            pass_fds=(commands_read, reports_write),
            start_new_session=True,
        )
        for handle in (commands_read, reports_write, stdout_write, stderr_write):
            os.close(handle)
        self._selector = selectors.DefaultSelector()
        for handle in (reports, stdout, stderr):
            os.set_blocking(handle, False)
            self._selector.register(handle, selectors.EVENT_READ)
        self._pidfd = _announce_end(self.pid)
        if self._pidfd is not None:
            self._selector.register(self._pidfd, selectors.EVENT_READ)

    @property
    def pid(self) -> int:
        return self._popen.pid

    def send(self, **message: object) -> None:
        """Send an order; a subject that has ended does not mind."""
        data = json.dumps(message).encode() + b"\n"
        try:
            while data:
                data = data[os.write(self._commands, data) :]
        except BrokenPipeError:
            return

    def receive(self, *, deadline: float) -> Event | None:
        """Return the next report, or None where the subject has ended. Raises TimeoutError at the deadline."""
        while True:
            line, newline, rest = self._buffer.partition(b"\n")
            if newline:
                self._buffer = rest
                event: Event = json.loads(line)
                return event
            if self._has_ended():
                self._drain()
                if b"\n" in self._buffer:
                    continue
                return None
            if time.monotonic() > deadline:
                raise TimeoutError
            self._pass_time(deadline)

    def wait(self, *, deadline: float) -> bool:
        """Wait for the subject's end; return whether it came in time."""
        while not self._has_ended():
            if time.monotonic() > deadline:
                return False
            self._pass_time(deadline)
        self._drain()
        return True

    def kill(self) -> None:
        """Kill the subject itself."""
        if self.exit is None:
            # Not Popen.kill(), which waits for the process and so takes its resource usage away from us.
            os.kill(self.pid, signal.SIGKILL)

    def close(self) -> None:
        """Let go of pipes; the subject must have ended."""
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
        for key, _ in self._selector.select(max(0.0, until - time.monotonic())):
            self._read(key.fd)

    def _read(self, handle: int) -> bool:
        """Read what a stream has; return whether there was anything."""
        if handle == self._pidfd:
            return False
        try:
            data = os.read(handle, BLOCK)
        except BlockingIOError:
            return False
        if not data:
            # A closed stream is always ready, so it must not be asked any more.
            if handle in self._selector.get_map():
                self._selector.unregister(handle)
            return False
        if handle == self._streams.reports:
            self._buffer += data
        else:
            (self.stdout if handle == self._streams.stdout else self.stderr).add(data)
        return True

    def _drain(self) -> None:
        for handle in (self._streams.reports, self._streams.stdout, self._streams.stderr):
            while self._read(handle):
                pass

    def _has_ended(self) -> bool:
        if self.exit is None:
            pid, status, usage = os.wait4(self.pid, os.WNOHANG)
            if pid:
                self.exit = os.waitstatus_to_exitcode(status)
                self._popen.returncode = self.exit
                self.cpu_user, self.cpu_system = usage.ru_utime, usage.ru_stime
        return self.exit is not None


def _announce_end(pid: int) -> int | None:
    try:
        return os.pidfd_open(pid)
    except (AttributeError, OSError):
        return None
