"""Measures what an orchestrator costs on this machine, with attempts that do nothing, and keeps it in the cache.

What is busy is measured in processor time, so that other programs do not change it; what is waited for is the shortest of some trials.
"""

from __future__ import annotations

import json
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

from attrs import asdict, define, evolve

from pipeline_optimization.disk_cache import cache_file, read_sealed, store_sealed
from pipeline_optimization.engine.clock import SystemClock
from pipeline_optimization.engine.faults import FaultPlan
from pipeline_optimization.engine.loop import Engine
from pipeline_optimization.engine.stage import Stage
from pipeline_optimization.engine.work import Item, Retrying
from pipeline_optimization.engine.worker_setup import WorkerSetup
from pipeline_optimization.errors import OrchestratorError
from pipeline_optimization.foresight.awaiting_cost import IN_ONE_LOOP, awaiting_cost, awaiting_start
from pipeline_optimization.foresight.candidates import option_of, place_of
from pipeline_optimization.foresight.costs import Machine, OrchestratorCosts, Place
from pipeline_optimization.foresight.machine import LONG
from pipeline_optimization.installed import versions
from pipeline_optimization.processors import processors, quota
from pipeline_optimization.registry import Registry
from pipeline_optimization.types import Attempt, Completion, OpenContext, Orchestrator, RetryPolicy

__all__ = ["calibrate", "costs_here", "is_measured", "this_machine"]

FORM = 17
"""Goes up when what is measured changes, so that old figures are measured anew."""

FEW, MANY = 50, 1000
"""Attempts of the two trials whose difference tells what one attempt costs."""

NAPS = 20, 220
"""The same of the two trials of attempts that sleep for ``NAP``."""

NAP = 2 * LONG
"""Seconds that an attempt of these trials sleeps."""

STARTS = 3
"""How often a start is tried, of a new program and of more workers: the quickest one counts. That of a cluster is tried once."""

MORE: Mapping[Place, int] = {"threads": 32, "processes": 5}
"""Workers of the trials that tell what each further one costs to start, where workers start one after the other."""

MOST_TRANSPORT = 2.0
"""The longest way of an attempt to a process and back, as a multiple of the processor time that it takes both: on a busy machine other programs make it longer."""


def this_machine() -> Machine:
    """Return the machine that this program runs on."""
    whole = processors()
    return Machine(cores=min(float(whole), quota()))


def costs_here(registry: Registry, name: str, *, anew: bool = False) -> OrchestratorCosts:
    """Return what an orchestrator costs on this machine: from the cache, or measured now if there is nothing or ``anew``.

    Raises whatever the orchestrator raises where it cannot run.
    """
    path = _file(name)
    if not anew and (kept := read_sealed(path)) is not None:
        return OrchestratorCosts(**json.loads(kept))
    costs = calibrate(registry, name)
    store_sealed(path, json.dumps(asdict(costs)).encode())
    return costs


def is_measured(name: str) -> bool:
    """Return whether an orchestrator's costs on this machine are known, so that nothing has to be measured."""
    return read_sealed(_file(name)) is not None


def _file(name: str) -> Path:
    return cache_file("calibration", _key(name), ".json")


def _key(name: str) -> str:
    known = sorted(f"{one}={version}" for one, version in versions().items() if "anagram" in one or "pipeline" in one)
    machine = [
        platform.node(),
        platform.machine(),
        platform.platform(),
        platform.python_version(),
        str(this_machine().cores),
    ]
    return "\x1f".join([str(FORM), name, *machine, *known])


def calibrate(registry: Registry, name: str) -> OrchestratorCosts:
    """Measure what an orchestrator costs. That takes about a second, and some ten seconds for a cluster, which is started four times."""
    component = registry.component("orchestrator", name)
    place, option = place_of(component), option_of(component)
    assert place is not None, name

    def trial(workers: int, attempts: int, nap: float = 0.0) -> _Trial:
        options = {} if option is None else {option: workers}
        orchestrator, retry = registry.orchestrator(name, options).build(), registry.retry_policy("none").build()
        return _run(orchestrator, attempts, retry, nap)

    starts = 1 if component.capabilities.is_distributed else STARTS  # of a cluster each takes seconds
    costs = _costs_of(place, trial, _cold_start(name, option, starts), starts)
    if place == "loop":  # whose start has imported what awaits
        return evolve(costs, awaiting=awaiting_cost(IN_ONE_LOOP))
    is_distributed = component.capabilities.is_distributed
    if place in {"threads", "processes"} and not is_distributed:
        costs = evolve(costs, waking=_waking(trial, costs))
    return evolve(costs, awaiting=awaiting_cost(), awaiting_start=awaiting_start(), is_distributed=is_distributed)


def _cold_start(name: str, option: str | None, starts: int) -> float:
    """Return what a run of one element takes in a program of its own; 0 if that cannot be told."""
    command = [
        sys.executable,
        "-m",
        "pipeline_optimization.foresight.cold_start",
        name,
        *([] if option is None else [option]),
    ]
    found = []
    for _ in range(starts):
        done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)  # noqa: S603 - a program of our own
        with suppress(ValueError):
            found.append(float(done.stdout))
    return min(found, default=0.0)


def _waking(trial: Callable[[int, int, float], _Trial], costs: OrchestratorCosts) -> float:
    """Return how much more of the processor an attempt takes if those who wait for it sleep."""
    few, many = (trial(1, number, NAP) for number in NAPS)
    each = (many.cpu + many.of_workers - few.cpu - few.of_workers) / (NAPS[1] - NAPS[0])
    return max(0.0, each - costs.driver - costs.worker)


def _costs_of(place: Place, trial: Callable[[int, int], _Trial], cold: float, starts: int) -> OrchestratorCosts:
    # The first one imports what all of them need. Where each takes seconds, that is not looked at.
    one_worker = [trial(1, FEW) for _ in range(starts)]
    few, many = min(one_worker, key=lambda one: one.cpu + one.of_workers), trial(1, MANY)
    number = MANY - FEW
    driver = max(0.0, (many.cpu - few.cpu) / number)
    shutdown = min(one.closing for one in (*one_worker, many))
    warm = min(one.first for one in (*one_worker, many))
    startup = max(warm, cold - shutdown)
    costs = OrchestratorCosts(place=place, driver=driver, startup=startup, shutdown=shutdown)
    if place not in MORE:
        return costs
    trials, further = [trial(MORE[place], FEW) for _ in range(starts)], MORE[place] - 1
    worker = max(0.0, (many.of_workers - few.of_workers) / number)
    way = max(0.0, (many.working - few.working) / number - driver - worker)
    # Whichever is less: on a busy machine other programs make the time longer, and while workers wait they use no processor.
    more = min(one.first + one.closing for one in trials) - warm - shutdown
    busier = min(one.cpu + one.of_workers for one in trials) - few.cpu - few.of_workers
    # Processes cannot start in less time than what they compute takes all cores, even if a disturbed trial of one worker hides that.
    least = busier / this_machine().cores if place == "processes" else 0.0
    by_worker = max(0.0, min(more, busier), least) / further
    closing = min(by_worker, max(0.0, min(one.closing for one in trials) - shutdown) / further)
    costs = evolve(costs, startup_by_worker=by_worker - closing, shutdown_by_worker=closing)
    if place == "threads":  # which take attempts from a queue
        return costs
    return evolve(costs, worker=worker, transport=min(way, MOST_TRANSPORT * (driver + worker)))


@define
class _Trial:
    """How long it took until the first attempt was back, from then to the last, and to close; and the processor time of this process and of its workers. In seconds."""

    first: float
    working: float
    closing: float
    cpu: float
    of_workers: float


def _run(orchestrator: Orchestrator, attempts: int, retry: RetryPolicy, nap: float) -> _Trial:
    workload, timed = _Nothings(attempts), _Timed(orchestrator)
    engine = Engine(
        timed,
        workload,
        Retrying(retry, seed=0, case=""),
        clock=SystemClock(),
        emit=None,
        run_id="calibration",
        signals=(),
    )
    setup = WorkerSetup(build=build_nothing, argument=nap, faults=FaultPlan()).to_bytes()
    begun, cpu, of_workers = time.monotonic(), time.process_time(), _of_ended()
    engine.run(setup)
    if engine.stop is not None:
        raise OrchestratorError(f"A trial of it was stopped: {engine.stop.reason}.")
    return _Trial(
        first=workload.first - begun,
        working=workload.last - workload.first,
        closing=timed.closing,
        cpu=time.process_time() - cpu,
        of_workers=_of_ended() - of_workers,
    )


def _of_ended() -> float:
    """Return the processor time of processes of this one that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)  # in microseconds, where os.times() has hundredths of a second
    return used.ru_utime + used.ru_stime


def build_nothing(nap: object) -> Mapping[str, Stage]:
    """Return the stage of a trial, in a worker: it does nothing, or sleeps for ``nap`` seconds."""
    assert isinstance(nap, float)
    return {"nothing": partial(_sleep, nap) if nap else _nothing}


def _nothing(data: bytes) -> bytes:
    return b""


def _sleep(nap: float, data: bytes) -> bytes:
    time.sleep(nap)
    return b""


@define(eq=False)
class _Nothings:
    """Attempts that do nothing. ``first`` and ``last`` are when results came back."""

    number: int
    first: float = 0.0
    last: float = 0.0

    def items(self) -> Iterator[Item]:
        return (Item(id=str(number), task="nothing", data=b"x" * 100) for number in range(self.number))

    def accept(self, item: Item, result: bytes) -> Sequence[Item]:
        self.last = time.monotonic()
        self.first = self.first or self.last
        return ()


class _Timed:
    """An orchestrator whose closing is timed."""

    def __init__(self, inner: Orchestrator) -> None:
        self._inner = inner
        self.closing = 0.0

    @property
    def slots(self) -> int:
        return self._inner.slots

    def open(self, context: OpenContext) -> None:
        self._inner.open(context)

    def submit(self, attempt: Attempt) -> None:
        self._inner.submit(attempt)

    def poll(self, timeout: float) -> Sequence[Completion]:
        return self._inner.poll(timeout)

    def cancel(self, attempt_id: int) -> bool:
        return self._inner.cancel(attempt_id)

    def close(self, *, force: bool) -> None:
        begun = time.monotonic()
        self._inner.close(force=force)
        self.closing = time.monotonic() - begun
