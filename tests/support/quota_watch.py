"""Watches in virtual time whether quotas are kept, and says by plain means what they allow."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import accumulate

from pipeline_optimization.engine.quota import Quota, Rate
from pipeline_optimization.engine.virtual import Adversary, VirtualOrchestrator
from pipeline_optimization.types import Attempt, Completion

__all__ = ["QuotaWatch", "check_quotas", "starts_allowed"]

TOLERANCE = 1e-6


class QuotaWatch(VirtualOrchestrator):
    """Keeps, by task, when calls began and when they were over."""

    def __init__(self, slots: int | None = None, *, adversary: Adversary | None = None, can_kill: bool = True) -> None:
        super().__init__(slots, adversary=adversary, can_kill=can_kill)
        self.starts: defaultdict[str, list[float]] = defaultdict(list)
        self._ends: defaultdict[str, list[float]] = defaultdict(list)
        self._task_of: dict[int, str] = {}
        self._under_way: set[int] = set()

    def submit(self, attempt: Attempt) -> None:
        self._task_of[attempt.id] = attempt.item.partition(":")[0]
        super().submit(attempt)
        self._look()

    def poll(self, timeout: float) -> Sequence[Completion]:
        completions = super().poll(timeout)
        self._look()
        return completions

    def cancel(self, attempt_id: int) -> bool:
        is_gone = super().cancel(attempt_id)
        self._look()
        return is_gone

    def _look(self) -> None:
        for attempt_id in self._under_way - self._running:
            self._ends[self._task_of[attempt_id]].append(self.clock.now())
        for attempt_id in self._running - self._under_way:
            self.starts[self._task_of[attempt_id]].append(self.clock.now())
        self._under_way = set(self._running)

    def most(self, *tasks: str) -> int:
        """Return how many calls of these tasks were under way at once."""
        events = [(end, -1) for task in tasks for end in self._ends[task]]  # at one moment, ends come first
        events += [(start, 1) for task in tasks for start in self.starts[task]]
        return max(accumulate(change for _, change in sorted(events)), default=0)


def check_quotas(watch: QuotaWatch, quotas: Mapping[str, Quota | None]) -> None:
    """Assert that calls never were more at once, or in any time, than the quotas of their tasks allow. Tasks may share one."""
    for quota in {quota for quota in quotas.values() if quota is not None}:
        tasks = [task for task, one in quotas.items() if one is quota]
        if quota.limit is not None:
            assert watch.most(*tasks) <= quota.limit, "too many calls at once"
        if quota.rate is not None:
            check_rate(quota.rate, sorted(start for task in tasks for start in watch.starts[task]))


def check_rate(rate: Rate, starts: Sequence[float]) -> None:
    for first, beyond in zip(starts, starts[rate.calls :], strict=False):
        assert beyond - first >= rate.period - TOLERANCE, "too many calls in a period"
    for first, start in enumerate(starts):
        for number, later in enumerate(starts[first : first + 100], start=1):
            room = rate.burst + (later - start) / rate.interval
            assert number <= room + TOLERANCE, "too many calls one after the other"


def starts_allowed(rate: Rate, number: int) -> list[float]:
    """Return the earliest starts of so many calls that a rate allows: a bucket that fills evenly, and a window."""
    starts: list[float] = []
    tokens, at = float(rate.burst), 0.0
    for call in range(number):
        begin = at if tokens >= 1 else at + (1 - tokens) * rate.interval
        if call >= rate.calls:
            begin = max(begin, starts[call - rate.calls] + rate.period)
        tokens = min(rate.burst, tokens + (begin - at) / rate.interval) - 1
        at = begin
        starts.append(begin)
    return starts
