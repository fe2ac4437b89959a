"""Writes the events of a run as lines, without slowing the run or ending it. Lines that cannot be written are counted and reported."""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from functools import partial

from pipeline_optimization.error_text import describe
from pipeline_optimization.observing.lines import KINDS, AttemptLines, first_line, line_of, retried_line, sampled_line
from pipeline_optimization.observing.resources import ResourceMeter
from pipeline_optimization.observing.sampling import Sampling
from pipeline_optimization.observing.target import Target
from pipeline_optimization.plural import counted
from pipeline_optimization.types.events import (
    AttemptEnded,
    ItemFinished,
    RunEvent,
    RunFinished,
    TaskFailed,
    TaskLogged,
    TaskRetried,
)

__all__ = ["EventsWriter"]

INTERVAL = 0.25
"""Seconds between two times of writing."""

PATIENCE = 1.0
"""Seconds for which a reader that takes nothing is waited for while the run goes on, and once more at its end."""

MOST_WAITING = 50_000
"""The most events that may wait to be written."""

LONGER = 100
"""Bytes by which the last line may grow if it tells that more lines are missing."""

BLOCK = 1000
"""Events that are made into lines at once. Python changes between threads after 5 ms, so a larger block would not delay the run either."""


class EventsWriter:
    """Takes events from the run's thread, and writes them from a thread of its own.

    The run's own thread may be inside an attempt, or wait for input, for longer than a line may wait. If the system starts no more threads, the run's
    thread writes.
    """

    heard = frozenset(kind.__name__ for kind in KINDS)

    def __init__(self, path: str, limit: int) -> None:
        self._path = path
        self._target = Target(path)
        self._waiting: deque[RunEvent] = deque()
        self.accept: Callable[[RunEvent], None] = self._waiting.append
        self._sampling = Sampling(limit)
        self._attempts = AttemptLines()
        self._outcomes: Counter[str] = Counter()
        self._attempt_lines = 0
        self._last: RunFinished | None = None
        self._resources = ResourceMeter()
        self._seq = 1  # the first line has 0
        self._has_first_line = False
        self._shed: Counter[str] = Counter()
        self._shed_lines = 0
        self._patience = PATIENCE
        self._missing = 0
        self._error = ""
        self._is_gone = False
        self._is_over = threading.Event()
        self._thread: threading.Thread | None = threading.Thread(target=self._work, name="anagram-events", daemon=True)
        try:
            self._thread.start()
        except RuntimeError:  # the system starts no more threads
            self._thread = None

    def tick(self) -> None:
        """Do what is due in the run's thread."""
        if self._thread is None:
            self._guard(self._write_waiting)
        elif len(self._waiting) > MOST_WAITING:
            self._make_room()

    def close(self) -> list[str]:
        """Write what is left. Return what went wrong, in one sentence each."""
        self._is_over.set()
        if self._thread is None:
            self._guard(self._write_waiting)
            self._guard(self._write_last)
        else:
            written = -1
            # Wait as long as lines are being written. If none was written in this time, the thread hangs.
            while self._thread.is_alive() and written != self._seq:
                written = self._seq
                self._thread.join(2 * PATIENCE + 1)
            if self._thread.is_alive():  # the thread is inside a system call that does not return
                return [f"The events of the run are not all in {self._path!r}: writing there hangs."]
        self._target.close()
        if not self._missing:
            return []
        return [
            f"{counted(self._missing, 'line')} of events {'is' if self._missing == 1 else 'are'} missing in {self._path!r}: {self._error}."
        ]

    def _work(self) -> None:
        while not self._is_over.wait(INTERVAL):
            self._guard(self._write_waiting)
            self._guard(self._measure)
        self._guard(self._write_waiting)
        self._guard(self._write_last)

    def _guard(self, make: Callable[[], None]) -> bool:
        """Return whether ``make`` succeeded. If not, one line is missing, and the run and the later lines go on."""
        try:
            make()
        except Exception as error:  # noqa: BLE001 - an event may have any reason for having no line
            self._miss(1, describe(error))
            return False
        return True

    def _measure(self) -> None:
        """Write how much memory and processor time the run's processes use, if that is due."""
        sample = self._resources.look()
        if sample is not None:
            self._write([line_of(self._next(), sample)])

    def _make_room(self) -> None:
        """Drop attempts, retries and log records that wait for too long. They are counted, and the run goes on."""
        kept: list[RunEvent] = []
        for _ in range(len(self._waiting)):
            try:
                event = self._waiting.popleft()
            except IndexError:
                break
            if isinstance(event, AttemptEnded):
                self._shed[event.outcome] += 1
                self._shed_lines += 1
            elif isinstance(event, TaskRetried | TaskLogged):
                self._shed_lines += 1
            else:
                kept.append(event)
        # They go back to the front, in their order. Meanwhile the run's thread adds nothing, because this is that
        # thread.
        self._waiting.extendleft(reversed(kept))

    def _write_waiting(self) -> None:
        while self._waiting:
            lines: list[str] = []
            block = self._next_block()
            attempts = [event for event in block if type(event) is AttemptEnded]
            add = self._add_each
            if self._sampling.keeps_all(len(attempts)):
                self._outcomes.update([attempt.outcome for attempt in attempts])
                self._attempt_lines += len(attempts)
                add = self._add_all
            events = iter(block)
            while not self._guard(partial(add, events, lines)):
                pass  # go on after the event that has no line
            self._write(lines)

    def _next_block(self) -> list[RunEvent]:
        block: list[RunEvent] = []
        for _ in range(BLOCK):
            try:
                block.append(self._waiting.popleft())
            except IndexError:  # there are no more, or the run's thread has dropped them
                break
        return block

    def _add_all(self, events: Iterator[RunEvent], lines: list[str]) -> None:
        """Make the lines of events whose attempts are all kept and counted. Most runs need nothing else."""
        line_of_attempt, seq = self._attempts.line_of, self._seq
        try:
            for event in events:
                if type(event) is AttemptEnded:
                    lines.append(line_of_attempt(seq, event))
                    seq += 1
                else:
                    self._seq = seq
                    self._add(event, lines)
                    seq = self._seq
        finally:
            self._seq = seq

    def _add_each(self, events: Iterator[RunEvent], lines: list[str]) -> None:
        for event in events:
            self._add(event, lines)

    def _add(self, event: RunEvent, lines: list[str]) -> None:
        """Make the lines of an event, if it has any."""
        if isinstance(event, AttemptEnded):
            self._outcomes[event.outcome] += 1
            if self._sampling.is_over():
                lines.append(sampled_line(self._next(), self._sampling.next_segment(), event.time))
            stands_for = self._sampling.stands_for(event)
            if stands_for:
                self._attempt_lines += 1
                lines.append(self._attempts.line_of(self._next(), event, stands_for))
        elif isinstance(event, RunFinished):
            self._last = event
        elif isinstance(event, TaskRetried):
            if self._sampling.keeps(event.item, event.attempt):
                lines.append(retried_line(self._next(), event))
        elif isinstance(event, TaskLogged):
            if self._sampling.keeps(event.bundle or event.item, event.attempt):
                lines.append(line_of(self._next(), event))
        elif not isinstance(event, TaskFailed | ItemFinished):
            self._resources.note(event)
            lines.append(line_of(self._next(), event))

    def _write_last(self) -> None:
        """Write the slowest attempts that were left out, and then the last line, whose totals are exact."""
        if self._last is None:
            return
        slowest = self._sampling.slowest()
        lines = [self._attempts.line_of(self._next(), event, 0) for event in slowest]
        if self._sampling.segment.one_in > 1:
            lines.append(sampled_line(self._next(), self._sampling.segment, self._last.time))
        if lines:
            self._attempt_lines += len(slowest)
            self._write(lines)
        if self._shed_lines:
            self._miss(self._shed_lines, "its reader did not read them in time")
        self._patience = PATIENCE
        seq, missing = self._next(), self._missing
        last = self._last_line(self._last, seq)
        if not self._write([last]) and (removed := self._target.make_room(len(last) + LONGER)):
            self._missing = missing + removed
            self._write([self._last_line(self._last, seq)])

    def _last_line(self, event: RunFinished, seq: int) -> str:
        return line_of(
            seq,
            event,
            attempts_told=dict(sorted((self._outcomes + self._shed).items())),
            attempt_lines=self._attempt_lines,
            missing_lines=self._missing,
        )

    def _next(self) -> int:
        seq = self._seq
        self._seq += 1
        return seq

    def _write(self, lines: list[str]) -> bool:
        """Write lines. Count those that cannot be written as missing, and return False if there are any.

        After an error, later lines are tried again, because a disk may have room again.
        """
        if self._is_gone:
            self._miss(len(lines), self._error)
            return False
        first = [] if self._has_first_line else [first_line()]
        kept = 0
        try:
            self._target.write("".join([*first, *lines]).encode("ascii"), until=time.monotonic() + self._patience)
        except BrokenPipeError:
            self._is_gone = True
            reason = "its reader went away"
        except TimeoutError:
            # Until the reader takes something, so that the end of the run does not wait for each block.
            self._patience = 0.0
            kept, reason = self._target.kept, "its reader did not read them in time"
        except OSError as error:
            kept, reason = self._target.kept, error.strerror or str(error)
        else:
            self._patience = PATIENCE
            self._has_first_line = True
            return True
        self._has_first_line = self._has_first_line or kept > 0
        self._miss(len(lines) - max(0, kept - len(first)), reason)
        return False

    def _miss(self, lines: int, reason: str) -> None:
        self._missing += lines
        self._error = self._error or reason
