"""How far into the input tasks of a run that was stopped have come."""

from __future__ import annotations

from bisect import bisect_right, insort
from itertools import pairwise

from attrs import define, field

from pipeline_optimization.types.events import AttemptEnded

__all__ = ["VALUES", "Progress"]

VALUES = "values"
"""The task whose bundles are of a program's values. Items of these are known by their number, and those of texts by their byte."""


@define
class Progress:
    """The places of the input that attempts were made for, as names of items (``TASK:PART:PLACE``) tell them.

    Bundles are gone into in any order, so for each task the last place in each of them is kept.
    """

    _starts: dict[str, list[int]] = field(factory=dict)
    _ends: dict[tuple[str, int], int] = field(factory=dict)
    _reached: dict[str, dict[tuple[str, int], int]] = field(factory=dict)

    def note(self, event: AttemptEnded, *, is_source: bool) -> None:
        """Note an attempt. One whose item's name has no place tells nothing."""
        _, _, rest = event.item.partition(":")
        part, _, written = rest.partition(":")
        if not written.isdecimal():
            return
        place, starts = int(written), self._starts.setdefault(part, [])
        if is_source:
            if (part, place) not in self._ends:
                insort(starts, place)
            extent = event.elements if event.task == VALUES else event.bytes_in
            self._ends[part, place] = place + extent
        elif at := bisect_right(starts, place):
            reached, bundle = self._reached.setdefault(event.task, {}), (part, starts[at - 1])
            reached[bundle] = max(reached.get(bundle, 0), place)

    def share(self, task: str, parent: str) -> float:
        """Return how much of the way of its parent a task has come, from above 0 to 1; 1 where that cannot be told."""
        here, there = self._way(task), self._way(parent)
        return min(1.0, here / there) if here and there else 1.0

    def _way(self, task: str) -> int:
        if task in self._reached:
            return sum(place - start for (_, start), place in self._reached[task].items())
        # The source has come to the end of its bundles. The rest of one that was given back is a bundle of its own.
        whole = 0
        for part, starts in self._starts.items():
            ends = [self._ends[part, start] for start in starts]
            whole += sum(min(end, after) - start for (start, after), end in zip(pairwise(starts), ends, strict=False))
            whole += ends[-1] - starts[-1] if starts else 0
        return whole
