"""Delivers messages from a thread of its own, so that no collector can hold up a run.

The bytes that may wait are bounded. What does not fit or does not arrive is counted. The end of a run waits a little for the rest, and no longer.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from random import Random, SystemRandom

from attrs import frozen

from anagram_plugin_opentelemetry.asking import Signal
from anagram_plugin_opentelemetry.collector import Answer

__all__ = ["MOST_BYTES", "Delivery", "Losses", "Parcel"]

MOST_BYTES = 32 << 20
"""The most bytes of messages that may wait."""

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 8.0
"""Seconds before a message is sent again: the first time, and at most."""

FAREWELL = 0.3
"""Seconds that the thread gets to end after its connection was cut."""


@frozen(kw_only=True)
class Parcel:
    """A message with ``count`` spans, metrics or log records in it."""

    signal: Signal
    body: bytes
    count: int


@frozen(kw_only=True)
class Losses:
    """How many of the spans, metrics and log records that were sent did not arrive, and why the last ones did not."""

    lost: Mapping[Signal, int]
    sent: Mapping[Signal, int]
    reason: str


class Delivery:
    """A queue, and the thread that empties it, which starts with the first message.

    ``post`` sends a message, ``abort`` cuts the connections, and ``close`` closes them. ``count_rejected`` reads from an answer how many
    spans, metrics or records of the message the collector did not take, and why. A message is given up after ``timeout`` seconds, and
    at most ``most_bytes`` bytes may wait.
    """

    def __init__(
        self,
        *,
        post: Callable[[Parcel], Answer],
        abort: Callable[[], None],
        close: Callable[[], None],
        count_rejected: Callable[[Parcel, bytes], tuple[int, str]],
        timeout: float,
        most_bytes: int,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._post, self._abort, self._close = post, abort, close
        self._count_rejected = count_rejected
        self._timeout = timeout
        self._most_bytes = most_bytes
        self._now = now
        self._random = Random(SystemRandom().getrandbits(64))  # noqa: S311 - no secrets
        self._changed = threading.Condition()
        self._waiting: deque[Parcel] = deque()
        self._bytes = 0
        self._until: float | None = None
        self._thread: threading.Thread | None = None
        self._sent: dict[Signal, int] = {}
        self._lost: dict[Signal, int] = {}
        self._reason = ""

    def put(self, parcel: Parcel) -> None:
        """Add a message to those to be sent. If too many bytes wait already, count it as lost. Never waits."""
        with self._changed:
            self._sent[parcel.signal] = self._sent.get(parcel.signal, 0) + parcel.count
            if self._bytes + len(parcel.body) > self._most_bytes:
                self._lose(parcel, parcel.count, self._reason or "the collector is slower than the run")
                return
            self._waiting.append(parcel)
            self._bytes += len(parcel.body)
            self._changed.notify()
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="opentelemetry export", daemon=True)
            self._thread.start()

    def finish(self, patience: float) -> Losses:
        """Wait at most ``patience`` seconds until all messages have arrived. Return what has not."""
        with self._changed:
            self._until = self._now() + patience
            self._changed.notify()
        if self._thread is not None:
            self._thread.join(patience)
        with self._changed:
            for parcel in self._waiting:
                self._lose(parcel, parcel.count, self._reason or "it did not answer in time")
            self._waiting.clear()
            losses = Losses(lost=dict(self._lost), sent=dict(self._sent), reason=self._reason)
        if self._thread is not None and self._thread.is_alive():
            self._abort()
            self._thread.join(FAREWELL)
        return losses

    def _work(self) -> None:
        while (parcel := self._next()) is not None:
            answer = self._deliver(parcel)
            with self._changed:
                if not self._waiting or self._waiting[0] is not parcel:
                    break  # the run has ended and counted it as lost
                self._waiting.popleft()
                self._bytes -= len(parcel.body)
                if answer.problem:
                    self._lose(parcel, parcel.count, answer.problem)
                else:
                    self._lose(parcel, *self._count_rejected(parcel, answer.body))
        self._close()

    def _next(self) -> Parcel | None:
        """Wait for a message. Return None when no more will come, or when the time is over."""
        with self._changed:
            while not self._waiting and self._until is None:
                self._changed.wait()
            is_over = self._until is not None and self._now() >= self._until
            return self._waiting[0] if self._waiting and not is_over else None

    def _deliver(self, parcel: Parcel) -> Answer:
        """Send a message until it arrives or its time is over."""
        given_up = self._now() + self._timeout
        pause = FIRST_PAUSE
        while True:
            answer = self._post(parcel)
            if not answer.problem or not answer.is_retryable:
                return answer
            with self._changed:
                self._reason = answer.problem
                wait = pause * self._random.uniform(0.8, 1.2) if answer.retry_after is None else answer.retry_after
                if not self._pause(wait, given_up, is_unreachable=answer.is_unreachable):
                    return answer
            pause = min(2 * pause, LONGEST_PAUSE)

    def _pause(self, seconds: float, given_up: float, *, is_unreachable: bool) -> bool:
        """Wait before another try, and return whether to make it. The end of the run shortens the time that is left."""
        due = self._now() + seconds
        while True:
            ends = given_up if self._until is None else min(given_up, self._until)
            if due >= ends or (is_unreachable and self._until is not None):
                return False
            left = due - self._now()
            if left <= 0:
                return True
            self._changed.wait(left)

    def _lose(self, parcel: Parcel, count: int, reason: str) -> None:
        if count:
            self._lost[parcel.signal] = self._lost.get(parcel.signal, 0) + count
            self._reason = reason
