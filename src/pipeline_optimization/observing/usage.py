"""What a run's processes took over time, added up from samples in bounded memory."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import define, field

from pipeline_optimization.observing.resources import DRIVER, ResourcesSampled

__all__ = ["Stretch", "Usage"]

MOST_STRETCHES = 240
"""Stretches of time that are kept; of more, two neighbours become one."""


@define
class Stretch:
    """A stretch of time, in seconds since the run's start: the most memory in bytes at a moment of it, and the processors that were busy."""

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
    """Takes samples one by one. ``largest`` has the most memory that each of the largest processes took, ``processes`` how many there were."""

    stretches: list[Stretch] = field(factory=list)
    largest: int = 0
    workers: int = 0
    _before: tuple[float, Mapping[str, float]] | None = None

    def note(self, sample: ResourcesSampled, at: float) -> None:
        """Take a sample into account, made ``at`` seconds since the run's start."""
        memory = sample.memory
        mine = memory.get(DRIVER, 0)
        theirs = [bytes_ for worker, bytes_ in memory.items() if worker != DRIVER]
        self.largest = max([self.largest, *theirs])
        self.workers = max(self.workers, len(theirs))
        begin, cpu = self._before or (0.0, {})
        self._before = (at, sample.cpu)
        took = at - begin
        if took <= 0 or not cpu:
            return  # how busy processes were is known between two samples only
        busy = {worker: max(0.0, now - cpu[worker]) / took for worker, now in sample.cpu.items() if worker in cpu}
        driver = busy.pop(DRIVER, 0.0)
        self.stretches.append(Stretch(begin, at, mine, sum(theirs), driver, sum(busy.values())))
        if len(self.stretches) > MOST_STRETCHES:
            pairs = zip(self.stretches[::2], self.stretches[1::2], strict=False)
            rest = self.stretches[-1:] if len(self.stretches) % 2 else []
            self.stretches = [*(one.joined(two) for one, two in pairs), *rest]
