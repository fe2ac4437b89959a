"""The attempts that the orchestrator has, and what follows for an item when one of its attempts comes back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from attrs import evolve

from pipeline_optimization.engine.backlog import Backlog
from pipeline_optimization.engine.clock import AttemptTimers, Clock
from pipeline_optimization.engine.interruption import Stoppable
from pipeline_optimization.engine.limits import CircuitBreaker, Limits, Unthrottled
from pipeline_optimization.engine.stopping import Stop
from pipeline_optimization.engine.tally import FailedItem, NullAnnouncer, Tally
from pipeline_optimization.engine.wire import Answer, answer_in
from pipeline_optimization.engine.work import Item, ItemState, Retrying, TaskPolicy, UnacceptableError, Workload
from pipeline_optimization.types import Capabilities, Completion, ErrorRecord

if TYPE_CHECKING:
    from pipeline_optimization.engine.throttling import Throttling

__all__ = ["OpenAttempts", "Outcomes"]


class OpenAttempts:
    """The attempts that were submitted and are not over, each with the state of its item.

    ``abandoned`` are attempts that took too long and could not be ended, each with the clock time from which it is taken to hang. Each
    holds a slot until it answers, but they are not open any more: their items go on without them, and their answers are ignored.
    """

    def __init__(
        self,
        clock: Clock,
        limits: Limits,
        policies: Mapping[str, TaskPolicy],
        capabilities: Capabilities,
        throttling: Throttling | Unthrottled,
    ) -> None:
        self._clock = clock
        self._timeout = limits.item_timeout
        self._timeouts = {task: policy.timeout for task, policy in policies.items() if policy.timeout is not None}
        self._throttling = throttling
        self.timers = AttemptTimers(clock, are_announced=capabilities.announces_start, on_start=throttling.start)
        # A second attempt for each slot waits in the orchestrator's queue, so that a worker that becomes free need not wait for
        # the engine. Two kinds of attempts must not wait in a queue: those whose time counts from their submission, since
        # nobody announces their start, and calls under a rate, which would leave the queue in bursts.
        is_timed = bool(self._timeouts) or self._timeout is not None
        must_start_at_once = throttling.has_rates or (is_timed and not capabilities.announces_start)
        self._per_slot = 1 if must_start_at_once else 2
        self._states: dict[int, ItemState] = {}
        self._runs_alone = False
        self._last_id = 0
        self.abandoned: dict[int, float] = {}

    def __len__(self) -> int:
        return len(self._states)

    def has_room(self, slots: int) -> bool:
        """Return whether one more attempt may be submitted to an orchestrator that has this number of slots."""
        return not self._runs_alone and len(self._states) < self._per_slot * (slots - len(self.abandoned))

    def hang_in_all_slots(self, slots: int) -> bool:
        """Return whether attempts that are taken to hang hold all slots of an orchestrator."""
        now = self._clock.now()
        return len(self.abandoned) >= slots and all(time <= now for time in self.abandoned.values())

    def timeout_of(self, item: Item) -> float | None:
        """Return how many seconds an attempt of an item may take; None if there is no limit."""
        return self._timeouts.get(item.task, self._timeout)

    def submit(self, state: ItemState, *, is_alone: bool) -> int:
        """Add an attempt that is about to be submitted, and return its id. With ``is_alone`` there is no room for others until it is over."""
        self._last_id += 1
        self._runs_alone = is_alone
        self._states[self._last_id] = state
        self._throttling.submit(self._last_id, state.item.task)
        self.timers.submit(self._last_id, self.timeout_of(state.item))
        return self._last_id

    def end(self, attempt_id: int) -> ItemState | None:
        """Remove an attempt, and return the state of its item; None if the attempt is not open (any more)."""
        state = self._states.pop(attempt_id, None)
        self.timers.end(attempt_id)
        self._throttling.end(attempt_id)
        if state is None:
            # The answer of an abandoned attempt frees the slot that it held.
            self.abandoned.pop(attempt_id, None)
            return None
        self._runs_alone = False  # an attempt that runs alone is the only one that is open, so it is this one
        return state

    def items(self) -> Sequence[Item]:
        """Return the items of all open attempts. Any thread may ask: the list is copied in one step that no thread can interrupt."""
        return [state.item for state in list(self._states.values())]

    def abandon(self, attempt_id: int, state: ItemState, timeout: float) -> None:
        """Note that an attempt goes on although its time is over. It still takes a slot, and a call of its quota.

        It may still answer soon. If it has not after ``timeout`` more seconds, it is taken to hang.
        """
        self.abandoned[attempt_id] = self._clock.now() + timeout
        self._throttling.abandon(attempt_id, state.item.task, timeout)


class Outcomes:
    """Decides what follows for an item from the end of its attempt: its result is accepted, it is tried again, or it fails for good.

    Args:
        run: Its ``stop`` is set when a failure stops the run. Once it is set, nothing is tried again, and no attempt lets its item fail for good.
        orchestrator: The orchestrator's name, for errors.
        workload: Takes the results.
        retrying: Decides whether an item is tried again.
        clock: The time in which the run lives.
        limits: The bounds of the run.
        open_attempts: The attempts that completions may be of.
        throttling: Keeps the quotas.
        tally: Counts what happens.
        announcer: Tells observers what happens.
        quarantine: Called with each item that failed for good.
    """

    def __init__(
        self,
        run: Stoppable,
        *,
        orchestrator: str,
        workload: Workload,
        retrying: Retrying,
        clock: Clock,
        limits: Limits,
        open_attempts: OpenAttempts,
        throttling: Throttling | Unthrottled,
        tally: Tally,
        announcer: NullAnnouncer,
        quarantine: Callable[[Item, FailedItem], None],
    ) -> None:
        self._run = run
        self._name = orchestrator
        self._workload = workload
        self._retrying = retrying
        self._clock = clock
        self._limits = limits
        self._open_attempts = open_attempts
        self._throttling = throttling
        self._tally = tally
        self._announcer = announcer
        self._quarantine = quarantine
        self._breaker = CircuitBreaker(limits.breaker)

    def settle(self, completion: Completion, backlog: Backlog) -> None:
        """Take a completion, and decide what follows for its item."""
        state = self._open_attempts.end(completion.id)
        if state is None:
            # The completion came twice, or after its attempt was abandoned or reported lost. The item has gone on without it, so
            # its result must not count a second time.
            self._tally.stale += 1
            return
        answer = None if completion.status == "lost" else answer_in(completion, orchestrator=self._name)
        self._announcer.came_back(state, completion, answer)
        if answer is None:
            self._lose(state, completion.detail, backlog)
            return
        timeout = self._open_attempts.timeout_of(state.item)
        if timeout is not None and answer.seconds > timeout:
            # If the attempt ran in the engine's own thread, nothing could end it in time. It fails all the same, so that the
            # outcome does not depend on the orchestrator.
            self.time_out(state, timeout, f"it took {answer.seconds:.3g} s", backlog)
            return
        self._note_time(state, answer.latency)
        if answer.error is None:
            self._finish(state, answer, backlog)
        else:
            self.fail(state, answer.error, backlog)

    def time_out(self, state: ItemState, timeout: float, outcome: str, backlog: Backlog) -> None:
        """Decide what follows from an attempt that took longer than ``timeout`` seconds; ``outcome`` says what became of it."""
        self._note_time(state, timeout)
        self._split_or_fail(state, state.item.timeout_error(timeout, outcome), backlog)

    def _note_time(self, state: ItemState, seconds: float) -> None:
        """Note the time that an attempt takes with any number of workers, for the floor."""
        state.earliest += seconds
        self._throttling.note_time(state.item.task, seconds)

    def _finish(self, state: ItemState, answer: Answer, backlog: Backlog) -> None:
        """Accept the result of an attempt, and add the items that it makes possible."""
        try:
            follow_ups = self._workload.accept(state.item, answer.result)
        except UnacceptableError as error:
            self._split_or_fail(state, error.record, backlog)
            return
        self._tally.record(state.item, state.number, "ok")
        self._breaker.succeeded(state.item.task)
        for done in answer.done:
            self._tally.record_done(done)
            self._breaker.succeeded(done.task, done.number)
        backlog.add_follow_ups(follow_ups, state)
        backlog.release(state)
        self._tally.end(state)
        self._announcer.finished(state, "done")

    def _split_or_fail(self, state: ItemState, error: ErrorRecord, backlog: Backlog) -> None:
        """Split a bundle whose attempt failed as a whole, if that is possible. Otherwise decide what follows from the failure.

        One of its elements may hang, or have a value that cannot be accepted. In smaller bundles, the others get through without it. After a
        split, the failure is not counted: all elements are tried again.
        """
        if self._run.stop is None and backlog.try_to_split(state):
            self._announcer.failed(state, error, "error")
        else:
            self.fail(state, error, backlog)

    def fail(self, state: ItemState, error: ErrorRecord, backlog: Backlog) -> None:
        """Decide what follows from an attempt that failed: a retry after a delay, or the end of its item."""
        item = state.item
        self._tally.record(item, state.number, error.type)
        self._tally.of(item.task).errors[error.type] += 1
        now = self._clock.now()
        self._announcer.failed(state, error, "error")
        if self._run.stop is not None:
            return  # the item has not failed for good: a run that resumes this one tries it again
        if (stop := self._breaker.failed(state, error)) is not None:
            self._run.stop = stop
            return
        delay = self._retrying.next_delay(
            state, error, now, retries_allowed=self._limits.retries_after(self._tally.attempts)
        )
        if delay is None:
            backlog.release(state)
            self.give_up(state, error, is_poison=False)
            return
        state.number += 1
        state.earliest += delay
        self._announcer.retried(state, delay)
        backlog.put_back_at(state, now + delay)

    def _lose(self, state: ItemState, detail: str, backlog: Backlog) -> None:
        """Decide what follows from an attempt that was lost; ``detail`` says what is known of the cause.

        The attempt is made again with the same number. So a loss does not change which faults the item meets, and it uses up none
        of the retries that the policy allows.
        """
        state.losses += 1
        self._tally.of(state.item.task).lost += 1
        # Attempts that end because the run is over are reported as lost, too.
        error = state.item.loss_error(detail, is_stopping=self._run.stop is not None)
        self._announcer.failed(state, error, "lost")
        if self._run.stop is not None:
            return
        if (stop := self._breaker.failed(state, error)) is not None:
            self._run.stop = stop
            return
        # Nobody knows which element of a bundle killed the worker. Smaller bundles show which one it is, and let the others through.
        if backlog.is_to_split(state) and backlog.try_to_split(state):
            return
        if state.losses >= self._limits.poison_losses:
            backlog.release(state)
            self.give_up(state, error, is_poison=True)
            return
        self._announcer.retried(state, 0.0)
        backlog.put_back(state)

    def give_up(self, state: ItemState, error: ErrorRecord, *, is_poison: bool) -> None:
        """Let an item fail for good. After the run has stopped, that happens only if a sink refuses a row of the item."""
        if state.item.on_failure is not None:
            state.item = evolve(state.item, place=state.item.on_failure())
        failed = self._tally.fail(state, error, is_poison=is_poison)
        self._announcer.finished(state, "poison" if is_poison else "failed")
        if self._limits.stops_on_failure:
            reason = f"{failed.item} failed for good ({error.type}: {error.message})"
            self._run.stop = self._run.stop or Stop("failure", reason)
        self._quarantine(state.item, failed)
