"""Makes the events of a run for its observers.

The event of an attempt says three things: what the parent saw (when it was handed out and came back), what the worker measured, and what
follows for the item. The last is known a little later than the attempt is back. So the announcer keeps the attempt that came back last,
and makes its event at the next call that says what follows, or that nothing does.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Container
from typing import TYPE_CHECKING, Literal

from pipeline_optimization.engine.accounting import Accounting
from pipeline_optimization.engine.attempt_life import Life
from pipeline_optimization.engine.clock import Clock, SystemClock
from pipeline_optimization.engine.critical_path import LongestChain
from pipeline_optimization.engine.lanes import SlotFinder, WorkerClocks
from pipeline_optimization.engine.masked_errors import masked_error
from pipeline_optimization.engine.tally import Emit, NullAnnouncer, OnLog
from pipeline_optimization.engine.wire import Answer
from pipeline_optimization.engine.work import TIMEOUT, ItemState
from pipeline_optimization.masking import masked
from pipeline_optimization.types import Capabilities, Completion, ErrorRecord, Orchestrator
from pipeline_optimization.types.critical_path import CriticalPath
from pipeline_optimization.types.events import (
    AttemptEnded,
    ItemFinished,
    Outcome,
    TaskFailed,
    TaskRetried,
    WorkerLost,
    WorkerSeen,
)
from pipeline_optimization.types.time_account import TimeAccount

if TYPE_CHECKING:
    from pipeline_optimization.engine.open_attempts import OpenAttempts

__all__ = ["Announcer"]

ALL = frozenset({"AttemptEnded", "ItemFinished", "TaskFailed", "TaskRetried", "WorkerLost", "WorkerSeen"})
"""The events that this module makes."""

OF_ATTEMPTS = ("AttemptEnded", "WorkerSeen", "WorkerLost", "TimeAccount")
"""What needs the times of all attempts: these events, and the time account."""

SECOND = 1_000_000_000

_new_tuple = tuple.__new__
"""Makes a named tuple more quickly than its own constructor."""


class Announcer(NullAnnouncer):
    """Makes the events of a run that somebody wants. If it has to follow attempts for that, it also keeps the time account and the critical path.

    The arguments are those of ``Engine``.
    """

    def __init__(
        self,
        emit: Emit,
        heard: Container[str] | None,
        on_log: OnLog,
        *,
        run_id: str,
        clock: Clock,
        capabilities: Capabilities,
    ) -> None:
        super().__init__(on_log)
        self._emit = emit
        self._heard = ALL if heard is None else heard
        self._run_id = run_id
        self._now: Callable[[], int] = (
            time.monotonic_ns if isinstance(clock, SystemClock) else lambda: round(clock.now() * SECOND)
        )
        # In another process, a lost attempt means that its worker is dead. In a thread of this process, it does not.
        self._workers_die = capabilities.may_leave
        self._ends_workers = capabilities.may_leave and capabilities.can_kill  # with an attempt that it cancels
        self._announces_start = capabilities.announces_start
        self._hears_attempts = "AttemptEnded" in self._heard
        self._hears_items = "ItemFinished" in self._heard
        self._follows_attempts = any(kind in self._heard for kind in OF_ATTEMPTS)
        # If the orchestrator hands attempts to another one, that one has other slots, and the time account cannot be made.
        self._changes_slots = capabilities.chooses
        self._accounting = Accounting(self._now, capabilities)
        self._note_ran = self._accounting.ran  # looked up once instead of at each attempt
        self._longest = LongestChain()
        # By attempt: when it was handed out, with the state of its item, and when the orchestrator announced its start.
        self._open: dict[int, tuple[int, ItemState]] = {}
        self._starts: dict[int, float] = {}
        self._clocks = WorkerClocks()
        # The attempt that came back last, with the state of its item. Its life is None if its event is made, or if nobody follows attempts.
        self._life: Life | None = None
        self._state: ItemState | None = None
        self._outcome: Outcome = "ok"
        self._error: ErrorRecord | None = None
        self._number, self._worker = 0, ""

    def follow(self, orchestrator: Orchestrator, open_attempts: OpenAttempts) -> None:
        self._accounting.follow(orchestrator, open_attempts)
        self._slots = SlotFinder(lambda: orchestrator.slots)
        if self._follows_attempts:
            open_attempts.timers.starts = self._starts
            self.pauses, self.goes_on, self.reading = (  # type: ignore[method-assign]  # saves one call at each step of the loop
                self._accounting.pauses,
                self._accounting.goes_on,
                self._accounting.reading,
            )

    def handed_out(self, attempt_id: int, state: ItemState) -> None:
        if self._follows_attempts:
            # Another attempt begins, and nothing was said of the last one: nothing follows from it.
            if self._life is not None:
                self._emit_attempt("")
            self._open[attempt_id] = (self._now(), state)

    def came_back(self, state: ItemState, completion: Completion, answer: Answer | None) -> None:
        super().came_back(state, completion, answer)
        worker = self._worker = completion.worker
        if not self._follows_attempts:
            self._state = state
            return
        if self._life is not None:
            self._emit_attempt("")
        back = self._now()
        handed_out = self._open.pop(completion.id)[0]
        started = self._starts.pop(completion.id, None)
        self._state, self._number, self._error = state, state.number, None
        if answer is None:
            self._outcome = "lost"
            self._life = self._cut_life(state, handed_out, started, back, worker)
            if self._workers_die and worker:
                self._lose_worker(self._life, masked(completion.detail))
            return
        self._outcome = "ok"
        began, took = answer.began, round(answer.seconds * SECOND)
        ended = began + took
        # The worker has measured the times by its own clock. If they lie between hand-over and return, it is the clock of this machine,
        # unless some worker is known to have another clock. Then only ``WorkerClocks`` knows whose clock it is.
        if not began:  # time is simulated
            began = round(started * SECOND) if started is not None else max(handed_out, back - took)
            ended = max(began, min(back, began + took))
        elif handed_out > began or ended > back or self._clocks.differ:
            began, ended = self._clocks.translate(worker, handed_out, began, took, back)
        slot = self._slots.take(worker, began, ended)
        if not slot:  # the worker is not known yet
            slot = self._slot_of_new(worker, began, ended, back)
            self._accounting.worker_started(handed_out, began)
        latency = round(answer.latency * SECOND) if answer.latency else 0
        waited = round(answer.waited * SECOND) if answer.waited else 0
        stalled = round(answer.stalled * SECOND) if answer.stalled else 0
        self._note_ran(began, ended, waited)
        state.ran = ended - began + (state.ran or 0)
        values = (
            handed_out, began, ended, back, worker, slot, latency, len(answer.result), answer.elements, waited, stalled, answer.steps
        )  # fmt: skip
        self._life = _new_tuple(Life, values)

    def overdue(self, state: ItemState, attempt_id: int, *, is_ended: bool) -> None:
        self._flush()
        self._state, self._worker = state, ""
        if self._follows_attempts:
            handed_out, _ = self._open.pop(attempt_id)
            self._number, self._error = state.number, None
            self._outcome = "timeout" if is_ended else "abandoned"
            self._life = self._cut_life(state, handed_out, self._starts.pop(attempt_id, None), self._now(), "")
            if is_ended and self._ends_workers:
                self._accounting.worker_ended(self._life.came_back)

    def failed(self, state: ItemState, error: ErrorRecord, kind: Literal["error", "lost"]) -> None:
        error = masked_error(error)
        if self._state is not state:
            # Its attempt was made inside a bundle, and has not come back by itself. What came back last is another item's attempt.
            self._flush()
            self._state, self._worker = state, ""
        if self._follows_attempts:
            if self._life is None:
                self._number = state.number
                state.ran = state.ran or 0  # not None, so that the critical path counts the item as measured
                self._life = Life(None, None, None, self._now())
                self._outcome = "ok"  # it was answered with its bundle
            if self._outcome == "ok":  # it was answered, and only this call says that it failed
                self._outcome = "timeout" if error.type == TIMEOUT else "error"
            self._error = error
        if "TaskFailed" in self._heard:
            self._emit(
                TaskFailed(
                    run_id=self._run_id,
                    time=(self._now() if self._life is None else self._life.came_back) / SECOND,
                    item=state.item.name,
                    task=state.item.task,
                    attempt=state.number,
                    kind=kind,
                    error=error,
                    worker=self._worker,
                )
            )

    def retried(self, state: ItemState, delay: float) -> None:
        self._flush()
        state.delayed += round(delay * SECOND)
        if "TaskRetried" in self._heard:
            item, now = state.item, self._now() / SECOND
            self._emit(
                TaskRetried(
                    run_id=self._run_id, time=now, item=item.name, task=item.task, attempt=state.number, delay=delay
                )
            )

    def finished(self, state: ItemState, status: Literal["done", "failed", "poison"]) -> None:
        # An item whose row a sink has refused has no attempt that ends now.
        if self._life is not None and self._state is state:
            self._emit_attempt(status)
            self._longest.note(state)
        if self._hears_items:
            item = state.item
            self._emit(
                ItemFinished(
                    run_id=self._run_id,
                    time=self._now() / SECOND,
                    item=item.name,
                    task=item.task,
                    attempts=state.number,
                    status=status,
                    worker=self._worker if self._state is state else "",
                )
            )

    def ended(self) -> None:
        self._flush()
        now = self._now()
        for attempt_id, (handed_out, state) in self._open.items():
            start = self._starts.get(attempt_id)
            if start is None and self._announces_start:
                continue  # it was cancelled before it began
            self._life = self._cut_life(state, handed_out, start, now, "")
            self._state, self._number, self._outcome, self._error = state, state.number, "abandoned", None
            self._emit_attempt("")
        self._open.clear()

    def account(self, begun: float, ended: float) -> TimeAccount | None:
        if not self._follows_attempts or self._changes_slots:
            return None
        return self._accounting.account(round((ended - begun) * SECOND), self._slots.used)

    def critical_path(self) -> CriticalPath | None:
        return self._longest.path()

    def _flush(self) -> None:
        """Make the event of an attempt from which nothing followed for its item: the run was stopped, or the bundle was split."""
        # ``handed_out`` and ``came_back`` do the same without this call, since every attempt goes through them.
        if self._life is not None:
            self._emit_attempt("")

    def _cut_life(self, state: ItemState, handed_out: int, started: float | None, back: int, worker: str) -> Life:
        """Note how long an attempt ran that did not answer, and return its life. ``started`` is when its start was announced, in seconds, or None."""
        start = None if started is None else max(handed_out, min(back, round(started * SECOND)))
        # Without announcements, perhaps it ran all this time. With them, an attempt whose start nobody announced has not run.
        began = start if start is not None else back if self._announces_start else handed_out
        self._accounting.ran(began, back, 0)
        state.ran = back - began + (state.ran or 0)
        slot = 0
        if start is not None and worker:
            slot = self._slots.take(worker, start, back) or self._slot_of_new(worker, start, back, back)
        return Life(handed_out, start, None if start is None else back, back, worker, slot)

    def _emit_attempt(self, status: Literal["", "done", "failed", "poison"]) -> None:
        """Make the event of the attempt that came back last. ``status`` is how its item ended; empty if it did not."""
        assert self._life is not None
        assert self._state is not None
        handed_out, began, ended, back, worker, slot, latency, bytes_out, elements, waited, stalled, steps = self._life
        self._life = None
        if not self._hears_attempts:
            return
        item = self._state.item
        bundle = item.from_bundle if handed_out is None else ""
        values = (
            self._run_id, item.name, item.task, self._number, self._outcome, self._error, status, worker, slot, handed_out, began,
            ended, back, latency, item.size, bytes_out, elements, bundle, waited, stalled, steps,
        )  # fmt: skip
        self._emit(_new_tuple(AttemptEnded, values))

    def _slot_of_new(self, worker: str, began: int, ended: int, now: int) -> int:
        """Make the event of a new worker, and return the slot of its first attempt."""
        self._slots.add(worker)
        if "WorkerSeen" in self._heard:
            self._emit(WorkerSeen(run_id=self._run_id, time=now / SECOND, worker=worker))
        return self._slots.take(worker, began, ended) or 0

    def _lose_worker(self, life: Life, detail: str) -> None:
        """Note that a worker died with an attempt, and make the event of its death, unless it died with another attempt before."""
        since = life.handed_out if life.began is None else life.began
        assert since is not None
        if self._slots.is_dead(life.worker, since):
            return
        self._slots.leave(life.worker, life.came_back)
        self._accounting.worker_ended(life.came_back)
        if "WorkerLost" in self._heard:
            self._emit(WorkerLost(run_id=self._run_id, time=life.came_back / SECOND, worker=life.worker, detail=detail))
