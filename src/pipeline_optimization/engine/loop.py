"""The engine: which attempt is due, what its completion means, and when the run is over."""

from __future__ import annotations

import signal
from collections.abc import Callable, Container, Mapping, Sequence

from pipeline_optimization.engine.backlog import Backlog, throttling_of
from pipeline_optimization.engine.clock import Clock
from pipeline_optimization.engine.flight import Flight
from pipeline_optimization.engine.interruption import Interruption
from pipeline_optimization.engine.limits import CircuitBreaker, Horizon, Limits
from pipeline_optimization.engine.stopping import Stop, all_hang
from pipeline_optimization.engine.tally import Emit, FailedItem, Logged, Tally, announcer_for
from pipeline_optimization.engine.wire import Answer, Call, answer_in, completions_in, encode_call
from pipeline_optimization.engine.work import AS_ALL, Item, Retrying, TaskPolicy, Track, UnacceptableError, Workload
from pipeline_optimization.types import Attempt, Capabilities, Completion, ErrorRecord, OpenContext, Orchestrator

__all__ = ["Engine"]

TICK = 0.25
"""The longest wait in seconds, so that progress is shown and signals are noticed."""


class Engine:
    """Runs a workload through an orchestrator, once.

    Every hard thing is here and nowhere else: an orchestrator only moves attempts. ``tally`` says what happened.
    ``stop`` says why the run ended early, if it did; then the workload holds exactly what was finished by then. ``startup`` is how many
    seconds the orchestrator took to open, ``announcer`` knows where the time went, and ``name`` is what errors call the orchestrator. ``heard``
    are the names of events, or the ``TimeAccount``. ``policies`` says, by task, what may take how long, where that is not what ``limits`` says.
    ``quarantine`` is told each item that failed for good, and ``logged`` what attempts have logged. ``should_stop`` is asked at each step.
    """

    def __init__(
        self,
        orchestrator: Orchestrator,
        workload: Workload,
        retrying: Retrying,
        *,
        clock: Clock,
        emit: Emit | None,
        heard: Container[str] | None = None,
        run_id: str,
        name: str = "",
        limits: Limits | None = None,
        policies: Mapping[str, TaskPolicy] = AS_ALL,
        capabilities: Capabilities | None = None,
        signals: Sequence[int] = (signal.SIGINT,),
        tick: Callable[[], None] = lambda: None,
        should_stop: Callable[[], bool] = lambda: False,
        quarantine: Callable[[Item, FailedItem], None] = lambda item, failed: None,
        logged: Logged = lambda log, worker: None,
    ) -> None:
        self._orchestrator = orchestrator
        self._name = name or type(orchestrator).__name__
        self._workload = workload
        self._retrying = retrying
        self._clock = clock
        self._run_id = run_id
        self._limits = limits or Limits()
        self._capabilities = capabilities or Capabilities()
        self._announce = announcer_for(emit, heard, logged, run_id=run_id, clock=clock, capabilities=self._capabilities)
        self.announcer = self._announce
        self._signals = signals
        self._tick = tick
        self._quarantine = quarantine
        self._throttling = throttling_of(clock, policies)
        self.flight = Flight(clock, self._limits, policies, self._capabilities, self._throttling)
        self._announce.follow(orchestrator, self.flight)
        self._breaker = CircuitBreaker(self._limits.breaker)
        self._horizon = Horizon(clock, self._limits, should_stop)
        self.tally = Tally()
        self.stop: Stop | None = None
        self.startup = 0.0

    def run(self, worker_init: bytes) -> None:
        """Run to the end, or until something stops it. The orchestrator is opened first and always closed.

        Raises KeyboardInterrupt at a second signal: then nothing is vouched for.
        """
        self.backlog = backlog = Backlog(self._announce.reading(self._workload.items()), self._limits, self._throttling)
        is_clean = False
        with Interruption(self._signals) as interruption:
            try:
                with interruption.stopping(self):
                    self._work(backlog, worker_init, interruption)
                if self.stop is not None:
                    with interruption.stopping(self):
                        self._drain(backlog, interruption)
                is_clean = self.stop is None and not self.flight.abandoned
            finally:
                if not is_clean:
                    self._horizon.abandon()
                # No signal raises in here, whatever their number: a process that nobody knows any more would live on.
                self._orchestrator.close(force=not is_clean)
                self._announce.ended()
            self.stop = interruption.notice() or self.stop
            self.tally.floor = max(self.tally.floor, self._throttling.floor)

    def _work(self, backlog: Backlog, worker_init: bytes, interruption: Interruption) -> None:
        self._horizon.begin()
        begun = self._clock.now()
        self._orchestrator.open(
            OpenContext(
                run_id=self._run_id,
                worker_init=worker_init,
                started=self.flight.timers.announce,
                # Anywhere else in an orchestrator a signal could tear a message, an event loop or a process's start.
                interruptible=interruption.allowed,
                is_over=self._horizon.is_over,
            )
        )
        self.startup = self._clock.now() - begun
        while self._step(backlog, interruption):
            self._tick()
            self.stop = interruption.notice() or self.stop or self._horizon.due()
            if self.stop is not None:
                return

    def _step(self, backlog: Backlog, interruption: Interruption) -> bool:
        """Submit what there is room for, then wait for something to happen. Return False when all is done."""
        while (track := self._next(backlog, interruption)) is not None:
            if track.item.failed is not None and track.first_started is None:
                track.first_started = self._clock.now()
                self._fail(track, track.item.failed, backlog)
            else:
                self._submit(track, is_alone=backlog.is_suspect(track))
        wait = self._wait(backlog)
        if self.flight or (backlog.parked and self.flight.abandoned):  # a slot may become free again
            self._poll(wait, backlog)
        elif not backlog.parked:
            return False
        elif backlog.next_due is not None:
            self._announce.pauses(backlog)
            with interruption.allowed():
                self._clock.sleep(wait)
            self._announce.goes_on()
        self._expire(backlog)
        return True

    def _poll(self, wait: float, backlog: Backlog) -> None:
        self._announce.pauses(backlog)
        returned = self._orchestrator.poll(wait)
        self._announce.goes_on()
        completions = completions_in(returned, orchestrator=self._name)
        # Before they are settled: an attempt that was cut short as the run is over is not made again.
        self.stop = self.stop or self._horizon.due()
        for completion in completions:
            self._settle(completion, backlog)

    def _wait(self, backlog: Backlog) -> float:
        """Return how long nothing is due, at most a tick."""
        # Without room a due retry could not start, and waiting for it would be a busy loop.
        retry = backlog.next_due if self.flight.has_room(self._orchestrator.slots) else None
        due = [time for time in (retry, self.flight.timers.next_due(), self._horizon.ends_at) if time is not None]
        return min(TICK, max(0.0, min(due) - self._clock.now())) if due else TICK

    def _next(self, backlog: Backlog, interruption: Interruption) -> Track | None:
        if not self.flight.has_room(self._orchestrator.slots):
            return None
        track = backlog.take_parked(self._clock.now(), is_idle=not self.flight)
        if track is not None or backlog.is_draining:
            return track
        with interruption.allowed():
            track = backlog.take_new(is_any_open=bool(self.flight) or backlog.parked > 0)
        if track is not None and not track.item.is_bundle:
            self.tally.of(track.item.task).items += 1
        return track

    def _submit(self, track: Track, *, is_alone: bool) -> None:
        item = track.item
        if track.first_started is None:
            track.first_started = self._clock.now()
        payload = encode_call(Call(item.task, item.fault_key, track.number, item.data, item=item.id))
        attempt_id = self.flight.start(track, is_alone=is_alone)
        self._announce.handed_out(attempt_id, track)
        once, number, many = self._throttling.keeps(item.task), track.number, item.is_bundle
        self._orchestrator.submit(
            Attempt(id=attempt_id, item=item.name, number=number, payload=payload, once=once, is_bundle=many)
        )

    def _settle(self, completion: Completion, backlog: Backlog) -> None:
        track = self.flight.end(completion.id)
        if track is None:
            # Doubled, abandoned, or later than its own loss: the item has gone on without it.
            self.tally.stale += 1
            return
        answer = None if completion.status == "lost" else answer_in(completion, orchestrator=self._name)
        self._announce.came_back(track, completion, answer)
        if answer is None:
            self._lose(track, completion.detail, backlog)
            return
        track.path += answer.latency
        self._throttling.note(track.item.task, answer.latency)
        timeout = self.flight.timeout_of(track.item)
        if timeout is not None and answer.seconds > timeout:
            # Where nothing could end it: the same outcome as where something could.
            self._time_out(track, timeout, f"it took {answer.seconds:.3g} s", backlog)
        elif answer.error is None:
            self._finish(track, answer, backlog)
        else:
            self._fail(track, answer.error, backlog)

    def _expire(self, backlog: Backlog) -> None:
        """Give up the attempts that take too long."""
        for attempt_id in self.flight.timers.overdue():
            track = self.flight.end(attempt_id)
            assert track is not None
            timeout = self.flight.timeout_of(track.item)
            assert timeout is not None
            track.path += timeout
            self._throttling.note(track.item.task, timeout)
            how = "it was ended"
            is_ended = self._orchestrator.cancel(attempt_id)
            self._announce.overdue(track, attempt_id, is_ended=is_ended)
            if not is_ended:
                self.flight.abandon(attempt_id, track, timeout)
                self.tally.abandoned += 1
                how = "nothing can end it, so it goes on, and its result will be ignored"
            self._time_out(track, timeout, how, backlog)
        abandoned = len(self.flight.abandoned)
        if abandoned:
            is_all = abandoned >= self._orchestrator.slots
            self.stop = self.stop or (all_hang(abandoned) if is_all else backlog.hang())

    def _time_out(self, track: Track, timeout: float, how: str, backlog: Backlog) -> None:
        error = track.item.timed_out(timeout, how)
        if self.stop is None and backlog.split(track):
            self._announce.failed(track, error, "error")
        else:
            self._fail(track, error, backlog)

    def _finish(self, track: Track, answer: Answer, backlog: Backlog) -> None:
        try:
            follow_ups = self._workload.accept(track.item, answer.result)
        except UnacceptableError as error:
            self._announce.refused(error.record)
            if not backlog.split(track):
                self._fail(track, error.record, backlog)
            return
        self.tally.record(track.item, track.number, "ok")
        self._breaker.succeeded(track.item.task)
        for done in answer.done:
            self.tally.record_done(done)
            self._breaker.succeeded(done.task, done.number)
        backlog.add(follow_ups, track)
        backlog.ended(track)
        self.tally.end(track)
        self._announce.finished(track, "done")

    def _fail(self, track: Track, error: ErrorRecord, backlog: Backlog) -> None:
        item = track.item
        self.tally.record(item, track.number, error.type)
        self.tally.of(item.task).errors[error.type] += 1
        now = self._clock.now()
        self._announce.failed(track, error, "error")
        if self.stop is not None:
            return  # the item is unfinished, and not failed: a resumed run tries it again
        self.stop = self._breaker.failed(track, error)
        delay = self._retrying.next_delay(track, error, now, most=self._limits.retries_after(self.tally.attempts))
        if delay is None:
            backlog.ended(track)
            self.give_up(track, error, is_poison=False)
            return
        track.number += 1
        track.path += delay
        self._announce.retried(track, delay)
        backlog.later(track, now + delay)

    def _lose(self, track: Track, detail: str, backlog: Backlog) -> None:
        track.losses += 1
        self.tally.of(track.item.task).lost += 1
        error = track.item.lost(detail)
        self._announce.failed(track, error, "lost")
        if self.stop is not None:
            return
        self.stop = self._breaker.failed(track, error)
        if backlog.is_to_split(track) and backlog.split(track):
            return
        if track.losses >= self._limits.poison_losses:
            backlog.ended(track)
            self.give_up(track, error, is_poison=True)
            return
        self._announce.retried(track, 0.0)
        backlog.again(track)

    def give_up(self, track: Track, error: ErrorRecord, *, is_poison: bool) -> None:
        """Let an item fail for good."""
        failed = self.tally.fail(track, error, is_poison=is_poison)
        self._announce.finished(track, "poison" if is_poison else "failed")
        if self._limits.stops_on_failure:
            self.stop = self.stop or Stop("failure", f"{failed.item} failed for good ({error.type}: {error.message})")
        self._quarantine(track.item, failed)

    def _drain(self, backlog: Backlog, interruption: Interruption) -> None:
        """Call off what has not started, and let the rest end within the grace period; nothing is tried again."""
        until = self._horizon.grant()
        for attempt_id in self.flight.timers.waiting():
            if self._orchestrator.cancel(attempt_id):
                self.flight.end(attempt_id)
        while self.flight and (left := until - self._clock.now()) > 0:
            self._poll(min(TICK, left), backlog)
            self._tick()
            self.stop = interruption.notice() or self.stop
