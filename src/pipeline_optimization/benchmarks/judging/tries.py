"""The calls of an execution by item, which is a task with an argument: which succeeded, and after how many tries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from attrs import frozen

from pipeline_optimization.engine.faults import FaultPlan
from pipeline_optimization.engine.journal import CallRecord

__all__ = ["Item", "Tries", "least_chain"]

Item = tuple[str, str]
"""A task's name, and the key of its argument."""


@frozen
class Tries:
    """The calls of each item, sorted by their numbers, because a second copy of an earlier attempt may end late."""

    items: Mapping[Item, Sequence[CallRecord]]
    succeeded: frozenset[Item]

    @classmethod
    def of(cls, calls: Sequence[CallRecord]) -> Tries:
        items: dict[Item, list[CallRecord]] = defaultdict(list)
        for call in sorted(calls, key=lambda call: call.number):
            items[call.task, call.key].append(call)
        return cls(items, frozenset(i for i, tries in items.items() if any(call.outcome == "ok" for call in tries)))

    @property
    def recovered(self) -> int:
        """Return how many items failed and then succeeded."""
        return sum(any(call.outcome == "injected" for call in self.items[item]) for item in self.succeeded)

    @property
    def exhausted(self) -> list[Item]:
        """Return the items that never succeeded, and whose last call failed by an injected fault."""
        return [
            item for item, tries in self.items.items() if item not in self.succeeded and tries[-1].outcome == "injected"
        ]

    @property
    def unlucky(self) -> list[Item]:
        """Return the items whose last call failed by an injected fault."""
        return [item for item, tries in self.items.items() if tries[-1].outcome == "injected"]

    @property
    def overshoot(self) -> float:
        """Return by how many seconds calls took longer than was drawn, in total."""
        return sum((call.ended - call.began) / 1e9 - call.latency for tries in self.items.values() for call in tries)


def least_chain(plan: FaultPlan, task: str, key: str) -> float:
    """Return the least latency of an item's attempts up to the first that does not fail.

    Each attempt counts with its least latency, because another copy of it may be no straggler.
    """
    total = 0.0
    for number in range(1, 1000):
        total += plan.least_latency(task)
        if not plan.draw(task, key, number).fails:
            break
    return total
