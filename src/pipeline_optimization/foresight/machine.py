"""An orchestrator in virtual time whose attempts share the cores of a machine, and whose driver takes time itself.

It is what the engine runs on where a run is foreseen: the engine decides as ever which attempt is due, and here is told how long that takes.
"""

from __future__ import annotations

import heapq
import math
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from itertools import count

from attrs import define

from pipeline_optimization.engine.virtual import VirtualClock
from pipeline_optimization.foresight.awaiting import awaited_at_once
from pipeline_optimization.foresight.costs import OrchestratorCosts
from pipeline_optimization.foresight.sharing import SharedCores
from pipeline_optimization.types import Attempt, Capabilities, Completion, OpenContext

__all__ = ["LONG", "Call", "MachineOrchestrator"]

LONG = 0.001
"""Seconds of an attempt that is long: whoever waits for it sleeps meanwhile."""

TURNS = 3
"""Turns of an event loop from the end of an attempt until the engine goes on: the attempt wakes whoever waits for results, that stops the loop, and the
turn in which the loop is stopped is still run. Each runs all that is ready as it begins."""


@define(eq=False)
class Call:
    """What an attempt takes, in seconds, the bytes that travel for it, and what it answers.

    During ``wait`` an event loop lets others go on; while a function is ``blocked`` its thread can do nothing else. An attempt that awaits many
    elements at once would take ``wanted`` places of the event loop. It takes ``places`` of them, each ``held`` for so many seconds on average.
    """

    wait: float
    blocked: float
    compute: float
    moved: float = 0.0
    answer: Callable[[], bytes] = bytes
    wanted: int = 1
    places: int = 1
    held: float = 0.0


@define(eq=False)
class _Job:
    attempt: Attempt
    call: Call
    places: int  # that it has not given back


class MachineOrchestrator:
    """Runs the calls that ``call_of`` makes of attempts, on ``workers`` workers of a place, and counts what they use.

    ``busy`` is how many seconds of cores were used, the driver's among them, and ``driver`` are those of the driver alone; ``waited`` is how many
    seconds attempts waited without keeping others from going on, and ``held`` how many they held up the event loop that all of them share.
    """

    def __init__(
        self, call_of: Callable[[Attempt, float, int], Call], costs: OrchestratorCosts, workers: int, cores: float
    ) -> None:
        self.clock = VirtualClock()
        self.slots = 1 if costs.place == "caller" else workers
        self.capabilities = Capabilities(can_kill=True, announces_start=False)
        self.driver = self.waited = self.held = 0.0
        self._call_of = call_of
        self._costs = costs
        self._is_shared = costs.place in {"threads", "processes"}
        self._own_rate = min(1.0, cores)  # of a thread that computes alone, under a quota
        # The interpreter's lock lets one thread compute at a time, the engine's among them.
        self._cores: SharedCores[_Job] = SharedCores(self._own_rate if costs.place == "threads" else cores)
        self._computed = 0.0  # in the engine's own thread
        self._now = 0.0
        self._queue: deque[Attempt] = deque()
        self._running = 0
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._order = count()
        self._runnable: deque[_Job] = deque()
        self._done: list[_Job] = []

    @property
    def busy(self) -> float:
        return self._cores.busy + self._computed + self.driver

    def open(self, context: OpenContext) -> None:
        self.clock.sleep(self._costs.opening(self.slots))
        self._now = self.clock.now()

    def submit(self, attempt: Attempt) -> None:
        self._advance(self.clock.now())
        self._charge(self._costs.driver / 2)
        self._queue.append(attempt)
        self._start_waiting()

    def poll(self, timeout: float) -> Sequence[Completion]:
        self._advance(self.clock.now())
        if not self._done and not self._runnable:
            until = self.clock.now() + timeout
            self._advance(until, stops=True)
            self.clock.advance_to(self._now)
        for _ in range(TURNS if self._costs.place == "loop" and self._runnable else 1):
            self._advance(self.clock.now())
            for _ in range(len(self._runnable)):
                self._run_here(self._runnable.popleft())
        done, self._done = self._done, []
        if done:
            self._charge(len(done) * self._costs.driver / 2)
            if self._costs.place == "processes":  # which have no queue of their own: the driver hands out the next one
                self._running -= len(done)
                self._start_waiting()
        return [
            Completion(id=job.attempt.id, status="done", payload=job.call.answer(), worker="imagined") for job in done
        ]

    def cancel(self, attempt_id: int) -> bool:
        before = len(self._queue)
        self._queue = deque(one for one in self._queue if one.id != attempt_id)
        return len(self._queue) < before

    def close(self, *, force: bool) -> None:
        self.clock.sleep(self._costs.closing(self.slots))

    def _start_waiting(self) -> None:
        costs = self._costs
        while self._queue and self._running < self.slots:
            attempt = self._queue[0]
            free = self.slots - self._running if costs.place == "loop" else awaited_at_once(costs, 1)
            call = self._call_of(attempt, self._cores.rate(1) if self._is_shared else self._own_rate, free)
            if costs.place == "loop" and 2 * call.places < min(call.wanted, self.slots):
                return  # bundles take places one after the other: the first one all that it wants, as soon as they are free
            self._queue.popleft()
            call.compute += costs.worker
            if call.wait + call.blocked + call.compute > LONG:
                call.compute += costs.waking
            travel = costs.transport + call.moved * costs.by_byte
            job = _Job(attempt, call, call.places if costs.place == "loop" else 1)
            self._running += job.places
            if costs.place == "caller":
                self._runnable.append(job)
                continue
            if costs.place == "loop" and call.held:
                self._later(travel + call.held, partial(self._give_back, job))
            self._later(travel + call.wait + (call.blocked if self._is_shared else 0.0), partial(self._go_on, job))

    def _later(self, seconds: float, action: Callable[[], None]) -> None:
        heapq.heappush(self._events, (self._now + seconds, next(self._order), action))

    def _give_back(self, job: _Job) -> None:
        """Let others have the places of an attempt, now that they are free on average."""
        self._running -= job.places
        job.places = 0
        self._start_waiting()

    def _go_on(self, job: _Job) -> None:
        """Go on with an attempt that has waited."""
        if not self._is_shared:
            self._runnable.append(job)
        elif job.call.compute > 0:
            self._cores.add(job, job.call.compute)
        else:
            self._finish(job)

    def _run_here(self, job: _Job) -> None:
        """Run an attempt, or what of it computes, in the engine's own thread."""
        call = job.call
        computing = call.compute / self._own_rate
        self.clock.sleep(computing + call.blocked + (call.wait if self._costs.place == "caller" else 0.0))
        self._computed += call.compute
        self._advance(self.clock.now())
        self._finish(job)

    def _finish(self, job: _Job) -> None:
        self._done.append(job)
        is_held = self._costs.place == "loop"
        places, held = (job.call.places, job.call.held) if is_held and job.call.held else (1, job.call.wait)
        self.waited += places * held + (0.0 if is_held else job.call.blocked)
        self.held += job.call.blocked if is_held else 0.0
        if self._costs.place != "processes":
            self._running -= job.places
            job.places = 0
            self._start_waiting()

    def _charge(self, seconds: float) -> None:
        """Let the driver work. Where attempts compute beside it, they and the driver share the cores."""
        if seconds <= 0:
            return
        self.driver += seconds
        until = self.clock.now() + seconds / (self._cores.rate(1) if self._is_shared else self._own_rate)
        self.clock.advance_to(until)
        self._advance(until, others=1)

    def _advance(self, until: float, *, others: int = 0, stops: bool = False) -> None:
        """Let things happen until then; with ``stops`` only until there is something for the driver to do."""
        cores, events = self._cores, self._events
        while True:
            ends = self._now + cores.next_end(others)
            due = events[0][0] if events else math.inf
            moment = min(ends, due)
            if moment > until:
                cores.pass_time(until - self._now, others)
                self._now = max(self._now, until)
                return
            cores.pass_time(moment - self._now, others)
            self._now = max(self._now, moment)
            if due <= ends:
                heapq.heappop(events)[2]()
            else:
                self._finish(cores.take())
            if stops and (self._done or self._runnable):
                return
