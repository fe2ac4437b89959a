"""The loop of a run: it hands attempts to the orchestrator until all items have ended, or until something stops the run."""

from __future__ import annotations

import signal
from collections.abc import Callable, Container, Mapping, Sequence

from pipeline_optimization.engine.backlog import Backlog
from pipeline_optimization.engine.clock import Clock
from pipeline_optimization.engine.interruption import Interruption
from pipeline_optimization.engine.limits import Limits, RunDeadline, throttling_of
from pipeline_optimization.engine.open_attempts import OpenAttempts, Outcomes
from pipeline_optimization.engine.stopping import Stop, stop_for_hanging_workers
from pipeline_optimization.engine.tally import Emit, FailedItem, OnLog, Tally, announcer_for
from pipeline_optimization.engine.wire import Call, completions_in, encode_call
from pipeline_optimization.engine.work import NO_TASK_POLICIES, Item, ItemState, Retrying, TaskPolicy, Workload
from pipeline_optimization.types import Attempt, Capabilities, ErrorRecord, OpenContext, Orchestrator

__all__ = ["Engine"]

TICK = 0.25
"""The longest wait in seconds. After each wait the engine shows progress and looks for signals."""


class Engine:
    """Runs a workload through an orchestrator, once.

    The loop runs in the thread that calls ``run``. All methods of the orchestrator are called from this thread.

    Args:
        orchestrator: Moves attempts to workers and completions back.
        workload: Yields items, and takes their results.
        retrying: Decides whether and when a failed item is tried again.
        clock: The time in which the run lives: the system's, or a virtual one.
        emit: Called with each event of the run; None if nobody observes it.
        heard: The names of the events that ``emit`` wants; None for all. The name ``TimeAccount`` among them asks for the time account, which is no event.
        run_id: Names the run in events.
        name: The name of the orchestrator in errors; its class by default.
        limits: The bounds of the run.
        policies: By task, the time limit that holds instead of that of ``limits``, and the quota. Retry policies among them are for ``retrying``.
        capabilities: What the orchestrator can do.
        signals: The signals that stop the run. With none, a KeyboardInterrupt ends ``run`` as it ends any other function.
        tick: Called after each step. That is four times a second at least, unless the input, the workload, or an attempt in this thread takes longer.
        should_stop: Asked at each step. When it returns True, the run stops.
        quarantine: Called with each item that failed for good.
        on_log: Called with what an attempt has logged, and with the name of its worker.

    Attributes:
        tally: What was done so far, and what failed.
        stop: Why the run ended early; None if it did not. Each result is then in the workload completely or not at all, except after KeyboardInterrupt.
        backlog: The items that wait for an attempt. It exists from ``run`` on.
        open_attempts: The attempts that the orchestrator has.
        announcer: Makes the events, and knows where the time of the run went.
        startup: How many seconds the orchestrator took to open.
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
        policies: Mapping[str, TaskPolicy] = NO_TASK_POLICIES,
        capabilities: Capabilities | None = None,
        signals: Sequence[int] = (signal.SIGINT,),
        tick: Callable[[], None] = lambda: None,
        should_stop: Callable[[], bool] = lambda: False,
        quarantine: Callable[[Item, FailedItem], None] = lambda item, failed: None,
        on_log: OnLog = lambda log, worker: None,
    ) -> None:
        self._orchestrator = orchestrator
        self._name = name or type(orchestrator).__name__
        self._workload = workload
        self._clock = clock
        self._run_id = run_id
        self._limits = limits = limits or Limits()
        capabilities = capabilities or Capabilities()
        self.announcer = announcer_for(emit, heard, on_log, run_id=run_id, clock=clock, capabilities=capabilities)
        self._signals = signals
        self._tick = tick
        self._throttling = throttling_of(clock, policies)
        self.open_attempts = OpenAttempts(clock, limits, policies, capabilities, self._throttling)
        self.announcer.follow(orchestrator, self.open_attempts)
        self._deadline = RunDeadline(clock, limits, should_stop)
        self.tally = Tally()
        self._outcomes = Outcomes(
            self,
            orchestrator=self._name,
            workload=workload,
            retrying=retrying,
            clock=clock,
            limits=limits,
            open_attempts=self.open_attempts,
            throttling=self._throttling,
            tally=self.tally,
            announcer=self.announcer,
            quarantine=quarantine,
        )
        self.stop: Stop | None = None
        self.startup = 0.0

    def run(self, worker_init: bytes) -> None:
        """Run to the end, or until something stops the run. The orchestrator is opened first, and closed in any case.

        Args:
            worker_init: What each worker is made of (``WorkerSetup.to_bytes``).

        Raises:
            KeyboardInterrupt: At a second signal, and at any if the engine has no signals. Then the workload may lack results
                of attempts that were done.
        """
        self.backlog = backlog = Backlog(self.announcer.reading(self._workload.items()), self._limits, self._throttling)
        is_clean = False
        with Interruption(self._signals) as interruption:
            try:
                with interruption.stopping(self):
                    self._work(backlog, worker_init, interruption)
                if self.stop is not None:
                    with interruption.stopping(self):
                        self._wind_down(backlog, interruption)
                # An abandoned attempt may still run. A close that waits for it might wait for ever, so the close is forced then.
                is_clean = self.stop is None and not self.open_attempts.abandoned
            finally:
                try:
                    if not is_clean:
                        # Attempts in this process notice it and end. A KeyboardInterrupt may strike even here, and must not prevent the close.
                        self._deadline.end_grace()
                finally:
                    interruption.close(self._orchestrator, force=not is_clean)
                    self.open_attempts.timers.take_announced()  # what began last; the announcer tells of attempts that began
                    self.announcer.ended()
            # A signal that came during the close was only remembered. It still decides how the run ended.
            self.stop = interruption.notice() or self.stop
            self.tally.quota_floor = self._throttling.floor
            self.tally.floor = max(self.tally.floor, self.tally.quota_floor)

    def _work(self, backlog: Backlog, worker_init: bytes, interruption: Interruption) -> None:
        """Open the orchestrator, and go on step by step until all is done or the run must stop."""
        # The deadline includes the start-up: on a cluster, workers may take minutes to come.
        self._deadline.begin()
        begun = self._clock.now()
        self._orchestrator.open(
            OpenContext(
                run_id=self._run_id,
                worker_init=worker_init,
                started=self.open_attempts.timers.announce,
                # Anywhere else in an orchestrator, a signal could cut a message in two or interrupt the start of a process.
                interruptible=interruption.allowed,
                is_over=self._deadline.is_over,
                quotas=self._throttling.records,
            )
        )
        self.startup = self._clock.now() - begun
        while self._step(backlog, interruption):
            self._tick()
            # A signal goes first: whoever sent it shall read "interrupted", whatever else stops the run at the same time.
            self.stop = interruption.notice() or self.stop or self._deadline.reason_to_stop()
            if self.stop is not None:
                return

    def _step(self, backlog: Backlog, interruption: Interruption) -> bool:
        """Submit as many attempts as there is room for, then wait for something to happen. Return False when all is done."""
        leave_at, is_late = self._clock.now() + TICK, False  # a slow input must not delay completions and time limits
        # Some orchestrators change their number of slots during a run, so they are asked each time.
        while not is_late and self.stop is None and self.open_attempts.has_room(self._orchestrator.slots):
            state = self._next(backlog, interruption)
            if state is None:
                break
            if state.item.first_error is not None and state.first_started is None:
                # Its first attempt was made inside a bundle and failed there. Only what follows from that is left to do.
                state.first_started = self._clock.now()
                self._outcomes.fail(state, state.item.first_error, backlog)
            else:
                self._submit(state, is_alone=backlog.is_suspect(state))
            is_late = self._clock.now() > leave_at
        if self.stop is not None:
            return True  # ``fail`` has stopped the run, and not all is done
        if not (is_late or self.open_attempts or backlog.parked or self._park_next_item(backlog, interruption)):
            return False
        wait = 0.0 if is_late else self._wait(backlog)
        # Abandoned attempts are polled for as well: the answer of one frees the slot that it holds.
        if self.open_attempts or self.open_attempts.abandoned:
            self._poll(wait, backlog)
        else:
            # Only retries or quotas are waited for. No attempt is open, so the orchestrator has nothing to tell.
            self.announcer.pauses(backlog)
            with interruption.allowed():
                self._clock.sleep(wait)
            self.announcer.goes_on()
        self._expire(backlog)
        return True

    def _poll(self, wait: float, backlog: Backlog) -> None:
        """Wait for completions for at most ``wait`` seconds, and settle those that came."""
        self.announcer.pauses(backlog)
        returned = self._orchestrator.poll(wait)
        self.announcer.goes_on()
        completions = completions_in(returned, orchestrator=self._name)
        # First know whether the run is over: an attempt that ended itself because of that is reported as lost, and would be made again.
        self.stop = self.stop or self._deadline.reason_to_stop()
        for completion in completions:
            self._outcomes.settle(completion, backlog)

    def _wait(self, backlog: Backlog) -> float:
        """Return how many seconds ``poll`` may wait: until the next retry, time limit or deadline, and one tick at most."""
        # If all slots are taken, a retry that is due cannot start. So it counts only if there is room: otherwise the wait would be zero until
        # a slot becomes free, and the loop would keep a core busy.
        retry = backlog.next_due if self.open_attempts.has_room(self._orchestrator.slots) else None
        due = [
            time for time in (retry, self.open_attempts.timers.next_limit(), self._deadline.ends_at) if time is not None
        ]
        return min(TICK, max(0.0, min(due) - self._clock.now())) if due else TICK

    def _next(self, backlog: Backlog, interruption: Interruption) -> ItemState | None:
        """Return the item whose attempt is to be submitted now, or None if there is none. Park items that must wait for their quota."""
        # A rate counts calls from their starts, so starts must be known before the quotas are asked.
        self.open_attempts.timers.take_announced()
        state = backlog.take_parked(self._clock.now(), is_idle=not self.open_attempts)
        if state is not None:
            return state
        if backlog.waits_for_idle:
            return None  # if new items began while a suspect waits for idle workers, the workers would never be idle
        # Reading may block, as from a pipe, and nothing is half done here: a signal may end it.
        with interruption.allowed():
            state = backlog.take_new(is_any_under_way=bool(self.open_attempts) or backlog.parked > 0)
        if state is not None and not state.item.is_bundle:
            self.tally.of(state.item.task).items += 1
        return state

    def _park_next_item(self, backlog: Backlog, interruption: Interruption) -> bool:
        """Park the next item, and return whether there was one. It is called if nothing is open or parked, and so perhaps all is done."""
        # If an item is left, no slot was free: abandoned attempts hold them all. The next slot that becomes free gets the item.
        state = self._next(backlog, interruption)
        if state is not None:
            backlog.put_back(state)
        return backlog.parked > 0  # here, or in ``_next``

    def _submit(self, state: ItemState, *, is_alone: bool) -> None:
        """Hand the next attempt of an item to the orchestrator. With ``is_alone``, no other attempt is submitted until it is over."""
        item = state.item
        if state.first_started is None:
            state.first_started = self._clock.now()
        payload = encode_call(Call(item.task, item.fault_key, state.number, item.data, item=item.id))
        # An orchestrator may announce the start of the attempt inside ``submit``, so the attempt is noted before.
        attempt_id = self.open_attempts.submit(state, is_alone=is_alone)
        self.announcer.handed_out(attempt_id, state)
        self._orchestrator.submit(
            Attempt(
                id=attempt_id,
                item=item.name,
                number=state.number,
                payload=payload,
                # A second copy of an attempt would be one more call than the quota of its task allows.
                once=self._throttling.has_quota(item.task),
                is_bundle=item.is_bundle,
            )
        )

    def _expire(self, backlog: Backlog) -> None:
        """End the attempts that took too long. Stop the run if attempts that hang and cannot be ended hold all slots, or use up a quota."""
        for attempt_id in self.open_attempts.timers.take_overdue():
            state = self.open_attempts.end(attempt_id)
            assert state is not None
            timeout = self.open_attempts.timeout_of(state.item)
            assert timeout is not None
            outcome = "it was ended"
            is_ended = self._orchestrator.cancel(attempt_id)
            self.announcer.overdue(state, attempt_id, is_ended=is_ended)
            if not is_ended:
                # Python cannot end a thread. The attempt keeps its slot until it answers, and its item goes on without it.
                self.open_attempts.abandon(attempt_id, state, timeout)
                self.tally.abandoned += 1
                outcome = "the orchestrator cannot end it, and if it goes on, its result will be ignored"
            self._outcomes.time_out(state, timeout, outcome, backlog)
        if self.stop is None and (abandoned := self.open_attempts.abandoned):
            if self.open_attempts.hang_in_all_slots(self._orchestrator.slots):
                self.stop = stop_for_hanging_workers(len(abandoned))
            else:
                self.stop = backlog.reason_to_stop()

    def give_up(self, state: ItemState, error: ErrorRecord, *, is_poison: bool) -> None:
        """Let an item without an open attempt fail for good, such as one whose row a sink has refused."""
        self._outcomes.give_up(state, error, is_poison=is_poison)

    def _wind_down(self, backlog: Backlog, interruption: Interruption) -> None:
        """Cancel the attempts that are known not to have started, and wait for the others until the grace period is over. Nothing is retried."""
        until = self._deadline.begin_grace()
        for attempt_id in self.open_attempts.timers.not_started():
            if self._orchestrator.cancel(attempt_id):
                self.open_attempts.end(attempt_id)
        while self.open_attempts and (left := until - self._clock.now()) > 0:
            self._poll(min(TICK, left), backlog)
            self._tick()
            self.stop = interruption.notice() or self.stop
