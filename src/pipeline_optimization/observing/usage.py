"""The memory and processors that a run's processes used over time, summed up from samples in bounded memory."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import define, field

from pipeline_optimization.observing.resources import DRIVER, ResourcesSampled

__all__ = ["Stretch", "Usage"]

MOST_STRETCHES = 240
"""The most stretches of time. If there are more, each two neighbours become one."""


@define
class Stretch:
    """A stretch of time, in seconds since the run's start.

    Attributes:
        begin: Its beginning.
        end: Its end.
        driver_memory: The most bytes of the run's own process at one moment.
        worker_memory: The most bytes of all workers together at one moment.
        driver_cpu: The processors that the run's own process kept busy, on average.
        worker_cpu: The processors that all workers kept busy, on average.
    """

    begin: float
    end: float
    driver_memory: int
    worker_memory: int
    driver_cpu: float
    worker_cpu: float

    def joined(self, later: Stretch) -> Stretch:
        """Return this stretch and the next one as one."""
        before, after = self.end - self.begin, later.end - later.begin
        whole = before + after or 1.0
        return Stretch(
            self.begin,
            later.end,
            max(self.driver_memory, later.driver_memory),
            max(self.worker_memory, later.worker_memory),
            (self.driver_cpu * before + later.driver_cpu * after) / whole,
            (self.worker_cpu * before + later.worker_cpu * after) / whole,
        )


@define
class Usage:
    """Sums up samples.

    Attributes:
        stretches: The stretches of time.
        largest: The most bytes of a single worker.
        workers: The most workers at one moment.
    """

    stretches: list[Stretch] = field(factory=list)
    largest: int = 0
    workers: int = 0
    _before: tuple[float, Mapping[str, float]] | None = None

    def note(self, sample: ResourcesSampled, at: float) -> None:
        """Add a sample that was taken ``at`` seconds after the run's start."""
        memory = sample.memory
        mine = memory.get(DRIVER, 0)
        theirs = [bytes_ for worker, bytes_ in memory.items() if worker != DRIVER]
        self.largest = max([self.largest, *theirs])
        self.workers = max(self.workers, len(theirs))
        begin, cpu = self._before or (0.0, {})
        self._before = (at, sample.cpu)
        took = at - begin
        if took <= 0 or not cpu:
            return  # how busy the processes were is only known between two samples
        busy = {worker: max(0.0, now - cpu[worker]) / took for worker, now in sample.cpu.items() if worker in cpu}
        driver = busy.pop(DRIVER, 0.0)
        self.stretches.append(Stretch(begin, at, mine, sum(theirs), driver, sum(busy.values())))
        if len(self.stretches) > MOST_STRETCHES:
            pairs = zip(self.stretches[::2], self.stretches[1::2], strict=False)
            rest = self.stretches[-1:] if len(self.stretches) % 2 else []
            self.stretches = [*(one.joined(two) for one, two in pairs), *rest]
