"""Looks at a process tree while it works. CPU time is always measured, and memory in rounds of its own.

Reading memory slows a process that allocates, because it locks the address space. So times of memory rounds are not used.
"""

from __future__ import annotations

import time

from pipeline_optimization.benchmarks.measuring.memory_reading import MIB, choose_memory_method
from pipeline_optimization.benchmarks.measuring.process_tree import ProcessTree
from pipeline_optimization.benchmarks.measuring.raw_samples import RawSample

__all__ = ["MemoryLimitError", "Watch"]

LONGEST_SERIES = 200


class MemoryLimitError(Exception):
    """The tree takes more memory than it may."""


class Watch:
    """Measures a process tree. ``look`` is to be called again and again, ``interval`` seconds apart, which is rare enough to cost little.

    It raises MemoryLimitError as soon as it sees the tree hold more bytes than allowed.
    """

    def __init__(self, *, measures_memory: bool, memory_limit: int) -> None:
        self._memory_limit = memory_limit
        self._method = choose_memory_method() if measures_memory else None
        self._tree: ProcessTree | None = None
        self._began = time.monotonic()
        self._cost = 0.0
        self._cpu_at_start: float | None = None
        self._cpu = 0.0
        self._wall = 0.0
        self._memory_peak = 0
        self._memory_first: int | None = None
        self._memory_last = 0
        self._memory_series: list[tuple[float, float]] = []
        self._cpu_series: list[tuple[float, float]] = []
        self._seen: tuple[float, float] = (self._began, 0.0)

    def begin(self, tree: ProcessTree) -> None:
        self._tree = tree

    def interval(self) -> float:
        """Return the seconds until the next look. Looks take at most half a percent of a core, or five percent for memory."""
        return max(0.01, 20 * self._cost) if self._method else max(0.25, 200 * self._cost)

    def look(self) -> None:
        began = time.monotonic()
        if self._method is None:
            self._look_at_cpu()
            self._look_at_limit()
        else:
            self._limit(self._look_at_memory())
        self._cost = time.monotonic() - began

    def _look_at_limit(self) -> None:
        # Summed resident sizes count shared pages more than once. A fair count is expensive, so it is made only if they exceed the limit.
        if self._tree is not None and self._tree.resident() > self._memory_limit:
            self._limit(self._tree.memory(choose_memory_method()))

    def _limit(self, used: int) -> None:
        if used > self._memory_limit:
            raise MemoryLimitError(f"{used / MIB:,.0f} MiB, but {self._memory_limit / MIB:,.0f} MiB are allowed.")

    def begin_execution(self) -> None:
        """Note what the tree has used before a warm execution."""
        if self._method is None:
            self._cpu_at_start = self._look_at_cpu()
        elif self._memory_first is None:
            self._memory_first = self._look_at_memory()

    def end_execution(self, wall: float) -> None:
        """Note what the tree has used after a warm execution, which took ``wall`` seconds."""
        if self._method is not None:
            self._memory_last = self._look_at_memory()
            self._limit(self._memory_last)  # the execution may have been shorter than the interval between two looks
        elif self._cpu_at_start is not None:
            self._cpu += self._look_at_cpu() - self._cpu_at_start
            self._wall += wall
            self._look_at_limit()  # as above

    def report(self, raw: RawSample) -> None:
        """Write what was measured into a sample."""
        tree = self._tree
        if tree is None:
            return
        raw.cpu_series = _thinned(self._cpu_series)
        if self._method is None:
            raw.cpu_method = tree.cpu_method
            if self._wall > 0:
                raw.cpu_s, raw.cpu_wall_s = self._cpu, self._wall
            return
        raw.memory_method = self._method.name
        raw.memory_peak_mib = self._memory_peak / MIB
        raw.memory_upper_mib = tree.memory_upper_bound / MIB or None
        raw.memory_series = _thinned(self._memory_series)
        if self._memory_first is not None and self._memory_last:
            raw.memory_growth_mib = (self._memory_last - self._memory_first) / MIB

    def _look_at_cpu(self) -> float:
        if self._tree is None:
            return 0.0
        now, used = time.monotonic(), self._tree.cpu_seconds()
        then, before = self._seen
        if now - then > 0.02:
            self._cpu_series.append((now - self._began, 100.0 * (used - before) / (now - then)))
            self._seen = (now, used)
        return used

    def _look_at_memory(self) -> int:
        if self._tree is None or self._method is None:
            return 0
        used = self._tree.memory(self._method)
        self._memory_peak = max(self._memory_peak, used)
        self._memory_series.append((time.monotonic() - self._began, used / MIB))
        return used


def _thinned(series: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return at most ``LONGEST_SERIES`` points. Of neighbours the highest is kept, so that no peak is lost."""
    step = -(-len(series) // LONGEST_SERIES) or 1
    return [
        (round(time_, 3), round(value, 3))
        for i in range(0, len(series), step)
        for time_, value in [max(series[i : i + step], key=lambda point: point[1])]
    ]
