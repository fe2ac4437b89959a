"""How much memory and processor time a run's own processes take, while it goes on.

Of each process the system is asked, through ``/proc``; where there is none, nothing is measured. Workers on other machines are not measured either.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping

from attrs import frozen

from pipeline_optimization.types.events import RunStarted, WorkerLost, WorkerSeen

__all__ = ["DRIVER", "ResourceMeter", "ResourcesSampled"]

DRIVER = "driver"
"""What the run's own process is called, in which sequential runs, threads and event loops compute, too."""

INTERVAL = 1.0
"""Seconds between two looks, at first."""

PER_INTERVAL = 600
"""Looks after which the time between two of them doubles: so a run of a day has some thousand."""

PATIENCE = 60.0
"""Seconds within which a run's start must be known."""

STAT = "/proc/{}/stat"
USER, SYSTEM, STARTED, PAGES = 11, 12, 19, 21
"""Places in that file, counted from the state on (proc_pid_stat(5))."""


@frozen(kw_only=True)
class ResourcesSampled:
    """What each process took at a moment: bytes of memory (shared pages are counted in each), and seconds of processor time so far.

    The keys are workers' names, and ``DRIVER``.
    """

    run_id: str
    time: float
    memory: Mapping[str, int]
    cpu: Mapping[str, float]


class ResourceMeter:
    """Looks at the processes of a run, now and then."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._run_id = ""
        self._interval = INTERVAL
        self._looks = 0
        self._due = 0.0
        self._ticks = os.sysconf("SC_CLK_TCK") if os.path.exists(STAT.format("self")) else 0
        self._processes: dict[
            str, tuple[int, str]
        ] = {}  # by worker: its number and the moment of its start, which tells it from a later one

    def note(self, event: object) -> None:
        """Get to know the run, and its workers as far as they are processes of this machine."""
        if isinstance(event, RunStarted):
            self._run_id = event.run_id
            if abs(event.time - self._clock()) < PATIENCE:  # else it lives in a time of its own
                self._add(DRIVER, os.getpid())
        elif isinstance(event, WorkerSeen) and event.worker.isascii() and event.worker.isdecimal() and self._processes:
            self._add(event.worker, int(event.worker))
        elif isinstance(event, WorkerLost):
            self._processes.pop(event.worker, None)

    def look(self) -> ResourcesSampled | None:
        """Return what the processes take now, if it is time to look and there is something to see."""
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
