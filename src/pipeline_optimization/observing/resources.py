"""The memory and the processor time of a run's own processes, measured while the run goes on.

The figures come from ``/proc``. On a system without it, nothing is measured, and neither are workers on other machines.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping

from attrs import frozen

from pipeline_optimization.types.events import RunStarted, WorkerLost, WorkerSeen

__all__ = ["DRIVER", "ResourceMeter", "ResourcesSampled"]

DRIVER = "driver"
"""The name of the run's own process, in which sequential runs, threads and event loops compute too."""

INTERVAL = 1.0
"""Seconds between two measurements, at first."""

PER_INTERVAL = 600
"""After this many measurements the time between two of them doubles. So a run of a day has some thousand."""

PATIENCE = 60.0
"""If a run's start is further away than this many seconds, its clock does not measure real time."""

STAT = "/proc/{}/stat"
USER, SYSTEM, STARTED, PAGES = 11, 12, 19, 21
"""Positions in that file, counted from the state on (proc_pid_stat(5))."""


@frozen(kw_only=True)
class ResourcesSampled:
    """Memory and processor time of each process at one moment.

    Attributes:
        run_id: The run's identity.
        time: Seconds of the engine's clock.
        memory: Resident bytes of each process. Pages that processes share are counted in each. The keys are workers' names, and ``DRIVER``.
        cpu: Seconds of processor time that each process has used so far, by the same keys.
    """

    run_id: str
    time: float
    memory: Mapping[str, int]
    cpu: Mapping[str, float]


class ResourceMeter:
    """Measures the processes of a run from time to time."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._run_id = ""
        self._interval = INTERVAL
        self._looks = 0
        self._due = 0.0
        self._ticks = os.sysconf("SC_CLK_TCK") if os.path.exists(STAT.format("self")) else 0
        self._processes: dict[
            str, tuple[int, str]
        ] = {}  # by worker: its pid and its start time, which tells it from a later process with that pid

    def note(self, event: object) -> None:
        """Note the run and its workers, if they are processes of this machine."""
        if isinstance(event, RunStarted):
            self._run_id = event.run_id
            if abs(event.time - self._clock()) < PATIENCE:  # otherwise the run has virtual time
                self._add(DRIVER, os.getpid())
        elif isinstance(event, WorkerSeen) and event.worker.isascii() and event.worker.isdecimal() and self._processes:
            self._add(event.worker, int(event.worker))
        elif isinstance(event, WorkerLost):
            self._processes.pop(event.worker, None)

    def look(self) -> ResourcesSampled | None:
        """Return a measurement, or None if none is due or no process is known."""
        now = self._clock()
        if now < self._due or not self._processes:
            return None
        self._looks += 1
        if self._looks % PER_INTERVAL == 0:
            self._interval *= 2
        self._due = now + self._interval
        memory: dict[str, int] = {}
        cpu: dict[str, float] = {}
        for worker, (pid, started) in list(self._processes.items()):
            facts = self._facts(pid)
            if facts is None or facts[STARTED] != started:
                del self._processes[worker]
                continue
            memory[worker] = int(facts[PAGES]) * os.sysconf("SC_PAGE_SIZE")
            cpu[worker] = (int(facts[USER]) + int(facts[SYSTEM])) / self._ticks
        return ResourcesSampled(run_id=self._run_id, time=now, memory=memory, cpu=cpu) if memory else None

    def _add(self, worker: str, pid: int) -> None:
        facts = self._facts(pid) if self._ticks else None
        if facts is not None:
            self._processes[worker] = (pid, facts[STARTED])

    @staticmethod
    def _facts(pid: int) -> list[str] | None:
        try:
            with open(STAT.format(pid), encoding="utf-8", errors="replace") as file:
                facts = file.read().rpartition(")")[2].split()
        except OSError:
            return None
        return facts if len(facts) > PAGES else None
