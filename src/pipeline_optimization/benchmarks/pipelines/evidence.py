"""The evidence of the calls of a run: which elements went through the simulated steps, and how long that had to take."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from attrs import frozen

from pipeline_optimization.benchmarks.inputs import Evidence
from pipeline_optimization.benchmarks.judging.tries import Item, Tries, least_chain
from pipeline_optimization.engine.faults import FaultPlan, FaultSettings, TaskFaults
from pipeline_optimization.engine.journal import CallRecord
from pipeline_optimization.plural import counted

__all__ = ["Needed"]

T = TypeVar("T")


@frozen
class Needed:
    """The calls that an input needs.

    Attributes:
        tasks: How steps misbehave.
        keys: The keys of the elements of each simulated step, in the steps' order.
        failing: The elements that fail for good without any fault.
    """

    tasks: Mapping[str, TaskFaults]
    keys: Mapping[str, frozenset[str]]
    failing: Collection[Item]

    def examine(self, calls: Sequence[CallRecord], settings: FaultSettings) -> Evidence:
        """Compare the calls of an execution with those that it needs under these faults."""
        plan, tries = settings.plan(self.tasks), Tries.of(calls)
        simulated = [name for name in self.keys if plan.simulates(name)]
        unlucky = [item for item in tries.unlucky if item not in self.failing]
        return Evidence(
            calls=len(calls),
            recovered=tries.recovered,
            exhausted=len(tries.exhausted),
            predicted=not unlucky,
            missing=list(self._missing(tries, simulated)),
            disorder=self._disorder(tries, simulated),
            failed_items=[f"{task} {key}" for task, key in unlucky],
            floor=self._floor(plan, tries, simulated),
            overshoot=tries.overshoot,
        )

    def _missing(self, tries: Tries, simulated: Iterable[str]) -> Iterator[str]:
        for name in simulated:
            keys = self.keys[name]
            left = sorted(key for key in keys if (name, key) not in tries.succeeded and (name, key) not in self.failing)
            if left:
                yield (
                    f"{len(left)} of {counted(len(keys), 'element')} had no successful call of {name}, {left[0]} among them."
                )

    def _disorder(self, tries: Tries, simulated: Iterable[str]) -> str:
        """Return an element that entered a step too early: neither it nor the element that it was made of had passed the step before."""
        ready: dict[str, tuple[int, str]] = {}
        for name in simulated:
            for key in self.keys[name]:
                calls = tries.items.get((name, key), ())
                before = _nearest(ready, key)
                if calls and before is not None and min(call.began for call in calls) < before[0]:
                    return f"{name} was called for the element {key} before {before[1]} had succeeded for it."
                ended = [call.ended for call in calls if call.outcome == "ok"]
                if ended:
                    ready[key] = min(ended), name
        return ""

    def _floor(self, plan: FaultPlan, tries: Tries, simulated: Iterable[str]) -> float:
        """Return the longest way of an element through its calls, with any number of workers."""
        longest: dict[str, float] = {}
        for name in simulated:
            for key in self.keys[name]:
                if (name, key) in tries.items:
                    longest[key] = (_nearest(longest, key) or 0.0) + least_chain(plan, name, key)
        return max(longest.values(), default=0.0)


def _nearest(found: Mapping[str, T], key: str) -> T | None:
    """Return what is known of an element, or of the nearest one that it was made of. ``0:120.1`` is the second output of ``0:120``."""
    while key not in found:
        key, dot, _ = key.rpartition(".")
        if not dot:
            return None
    return found[key]
