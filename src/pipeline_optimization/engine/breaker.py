"""A circuit breaker for each task: what always fails is not tried for ever.

After M. Nygard, "Release It!", 2007. There is no half-open state: a stopped run can be resumed, which tries again.
"""

from __future__ import annotations

from collections import Counter, defaultdict

from attrs import define, field

from pipeline_optimization.engine.work import Item

__all__ = ["CircuitBreaker"]

LEAST_ITEMS = 5
"""So many different items must have failed: one that never succeeds says nothing of its task."""


@define
class _Row:
    """The attempts of a task that failed one after the other."""

    length: int = 0
    items: set[str] = field(factory=set)
    errors: Counter[str] = field(factory=Counter)


class CircuitBreaker:
    """Opens when the last ``limit`` attempts of a task all failed or were lost; never if ``limit`` is 0."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._rows: defaultdict[str, _Row] = defaultdict(_Row)

    def succeeded(self, task: str, number: int = 1) -> None:
        """Note successes of a task. Of many at once, nobody knows their order: each makes up for a failure to come."""
        self._rows.pop(task, None)
        if number > 1:
            self._rows[task].length = -number

    def failed(self, item: Item, error: str) -> str | None:
        """Note a failed attempt with its error's type. Return the reason to stop, if there is one."""
        if not self._limit:
            return None
        row = self._rows[item.task]
        row.length += 1
        row.errors[error] += 1
        if len(row.items) < LEAST_ITEMS:
            row.items.add(item.id)
        if row.length < self._limit or len(row.items) < LEAST_ITEMS:
            return None
        ((common, _),) = row.errors.most_common(1)
        return f"the last {row.length} attempts of {item.task} all failed, most of them with {common}"
