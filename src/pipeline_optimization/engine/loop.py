"""The engine: which attempt is due, what its completion means, and when the run is over."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from attrs import frozen

from pipeline_optimization.engine.backlog import Backlog
from pipeline_optimization.engine.clock import Clock
from pipeline_optimization.engine.interruption import Interruption
from pipeline_optimization.engine.retrying import Retrying
from pipeline_optimization.engine.tally import Tally
from pipeline_optimization.engine.wire import Answer, Call, decode_answer, encode_call
from pipeline_optimization.engine.work import Track, Workload
from pipeline_optimization.errors import OrchestratorError
from pipeline_optimization.types import (
    Attempt,
    Completion,
    ErrorRecord,
    ItemFinished,
    OpenContext,
    Orchestrator,
    TaskFailed,
    TaskRetried,
)

__all__ = ["Emit", "Engine", "EngineEvent", "Limits"]

EngineEvent = TaskFailed | TaskRetried | ItemFinished
Emit = Callable[[EngineEvent], None]

POISON_LOSSES = 3
"""An item that lost so many workers, the last one while it ran alone, is quarantined."""

TICK = 0.25
"""The longest wait in seconds, so that progress is shown and Ctrl-C is noticed on every platform."""


@frozen(kw_only=True)
class Limits:
    """Bounds on what is under way: ``open_bytes`` of item data, and ``parked`` items that wait for a retry."""

    open_bytes: int = 16 << 20
    parked: int = 1000


class Engine:
    """Runs a workload through an orchestrator, once.

    Every hard thing is here and nowhere else: an orchestrator only moves attempts. ``tally`` says what happened;
    ``is_interrupted`` is true after Ctrl-C, when the workload holds exactly what was finished by then.
    """

    def __init__(
        self,
        orchestrator: Orchestrator,
        workload: Workload,
        retrying: Retrying,
        *,
        clock: Clock,
        emit: Emit,
        run_id: str,
        limits: Limits | None = None,
        tick: Callable[[], None] = lambda: None,
    ) -> None:
        self._orchestrator = orchestrator
        self._workload = workload
        self._retrying = retrying
        self._clock = clock
        self._emit = emit
        self._run_id = run_id
        self._limits = limits or Limits()
        self._tick = tick
        self._in_flight: dict[int, Track] = {}
        self._open_bytes = 0
        self._runs_alone = False
        self._last_id = 0
        self.tally = Tally()
        self.is_interrupted = False

    def run(self, worker_init: bytes) -> None:
        """Run to the end, or until Ctrl-C. The orchestrator is opened first and always closed."""
        backlog = Backlog(self._workload.items())
        is_clean = False
        with Interruption() as interruption:
            try:
                with interruption.allowed():
                    self._orchestrator.open(OpenContext(run_id=self._run_id, worker_init=worker_init))
                while self._step(backlog, interruption):
                    self._tick()
                is_clean = True
            except KeyboardInterrupt:
                self.is_interrupted = True
            finally:
                self._orchestrator.close(force=not is_clean)

    def _step(self, backlog: Backlog, interruption: Interruption) -> bool:
        """Submit what there is room for, then wait for something to happen. Return False when all is done."""
        while (track := self._next(backlog, interruption)) is not None:
            self._submit(track, is_alone=backlog.is_suspect(track))
        now, due = self._clock.now(), backlog.next_due
        if self._in_flight:
            # Without room a due retry could not start, and waiting for it would be a busy loop.
            wait = TICK if due is None or not self._has_room() else min(TICK, max(0.0, due - now))
            with interruption.allowed():
                completions = self._orchestrator.poll(wait)
            for completion in completions:
                self._settle(completion, backlog)
            return True
        if due is None:
            return backlog.parked > 0
        with interruption.allowed():
            self._clock.sleep(min(TICK, max(0.0, due - now)))
        return True

    def _has_room(self) -> bool:
        return not self._runs_alone and len(self._in_flight) < 2 * self._orchestrator.slots

    def _next(self, backlog: Backlog, interruption: Interruption) -> Track | None:
        if not self._has_room():
            return None
        track = backlog.take_parked(self._clock.now(), is_idle=not self._in_flight)
        if track is not None or backlog.is_draining:
            return track
        is_any_open = bool(self._in_flight) or backlog.parked > 0
        if is_any_open and (self._open_bytes >= self._limits.open_bytes or backlog.parked >= self._limits.parked):
            return None
        with interruption.allowed():
            track = backlog.take_new()
        if track is not None:
            self._open_bytes += track.item.size
            self.tally.of(track.item.task).items += 1
        return track

    def _submit(self, track: Track, *, is_alone: bool) -> None:
        item = track.item
        self._last_id += 1
        self._runs_alone = is_alone
        if track.first_started is None:
            track.first_started = self._clock.now()
        payload = encode_call(Call(item.task, item.fault_key, track.number, item.data))
        self._in_flight[self._last_id] = track
        self._orchestrator.submit(Attempt(id=self._last_id, item=item.name, number=track.number, payload=payload))

    def _settle(self, completion: Completion, backlog: Backlog) -> None:
        track = self._in_flight.pop(completion.id, None)
        if track is None:
            # Doubled, or later than its own loss: the item has gone on without it.
            self.tally.stale += 1
            return
        self._runs_alone = False
        if completion.status == "lost":
            self._lose(track, completion, backlog)
            return
        answer = self._decode(completion)
        track.path += answer.latency
        if answer.error is None:
            self._finish(track, answer, completion, backlog)
        else:
            self._fail(track, answer.error, completion, backlog)

    def _decode(self, completion: Completion) -> Answer:
        try:
            return decode_answer(completion.payload)
        except Exception as error:
            raise OrchestratorError(
                f"The orchestrator {self._orchestrator!r} brought back {len(completion.payload)} bytes that no worker "
                f"returned for attempt {completion.id}. It must hand on the answer of run_attempt untouched."
            ) from error

    def _finish(self, track: Track, answer: Answer, completion: Completion, backlog: Backlog) -> None:
        self.tally.record(track.item, track.number, "ok")
        follow_ups = self._workload.accept(track.item, answer.result)
        backlog.add(follow_ups, track.path)
        self._end(track, completion, "done")

    def _fail(self, track: Track, error: ErrorRecord, completion: Completion, backlog: Backlog) -> None:
        item = track.item
        self.tally.record(item, track.number, error.type)
        self.tally.of(item.task).errors[error.type] += 1
        now = self._clock.now()
        self._announce_failure(track, error, completion, "error")
        delay = self._retrying.next_delay(track, error, now)
        if delay is None:
            self.tally.fail(item, error, track.number)
            self._end(track, completion, "failed")
            return
        track.number += 1
        track.path += delay
        self.tally.of(item.task).retries += 1
        self._announce_retry(track, delay)
        backlog.later(track, now + delay)

    def _lose(self, track: Track, completion: Completion, backlog: Backlog) -> None:
        track.losses += 1
        self.tally.of(track.item.task).lost += 1
        error = ErrorRecord(type="WorkerLost", message=completion.detail or "the worker died")
        self._announce_failure(track, error, completion, "lost")
        if track.losses >= POISON_LOSSES:
            self.tally.fail(track.item, error, track.number)
            self._end(track, completion, "poison")
            return
        self._announce_retry(track, 0.0)
        backlog.again(track)

    def _announce_failure(
        self, track: Track, error: ErrorRecord, completion: Completion, kind: Literal["error", "lost"]
    ) -> None:
        self._emit(
            TaskFailed(
                run_id=self._run_id,
                time=self._clock.now(),
                item=track.item.name,
                task=track.item.task,
                attempt=track.number,
                kind=kind,
                error=error,
                worker=completion.worker,
            )
        )

    def _announce_retry(self, track: Track, delay: float) -> None:
        item, now = track.item, self._clock.now()
        self._emit(
            TaskRetried(
                run_id=self._run_id, time=now, item=item.name, task=item.task, attempt=track.number, delay=delay
            )
        )

    def _end(self, track: Track, completion: Completion, status: Literal["done", "failed", "poison"]) -> None:
        item = track.item
        self._open_bytes -= item.size
        self.tally.ended += 1
        self.tally.floor = max(self.tally.floor, track.path)
        self._emit(
            ItemFinished(
                run_id=self._run_id,
                time=self._clock.now(),
                item=item.name,
                task=item.task,
                attempts=track.number,
                status=status,
                worker=completion.worker,
            )
        )
