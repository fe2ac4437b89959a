"""Which attempts are written where there are too many: a share that shrinks as they go on, errors, and the slowest."""

from __future__ import annotations

import heapq
from zlib import crc32

from attrs import define, field

from pipeline_optimization.types.events import AttemptEnded

__all__ = ["Sampling", "Segment"]

SHRINKS = 10
"""By this factor the share that is written shrinks, each time."""

SLOWEST = 100
"""Attempts that are written at the end since they were the slowest of those that were left out."""

MIXER = 0x9E3779B1
"""An odd number that spreads a checksum's differences over its high bits (D. Knuth, "The Art of Computer Programming", 6.4)."""


@define
class Segment:
    """A stretch of a run in which one attempt in ``one_in`` was written, of those without errors: ``kept`` of ``attempts``."""

    one_in: int
    attempts: int = 0
    kept: int = 0


@define
class Sampling:
    """Decides on each attempt. The first ``limit`` are all written, and each tenth of that number uses up a share.

    So a file has some more lines than ``limit``, however many attempts there are. Which attempt is kept depends on its item and number
    only. Those with errors are all kept until there are as many lines of them as a share has, and then sampled like the others.
    """

    limit: int
    total: int = 0
    kept_errors: int = 0
    segment: Segment = field(factory=lambda: Segment(one_in=1))
    _slowest: list[tuple[int, int, AttemptEnded]] = field(factory=list)

    @property
    def share(self) -> int:
        """Return how many lines a share has."""
        return max(1, self.limit // SHRINKS)

    def is_over(self) -> bool:
        """Return whether the present share is used up, so that ``next_segment`` is due."""
        return self.segment.kept >= (self.limit if self.segment.one_in == 1 else self.share)

    def next_segment(self) -> Segment:
        """Begin a share that is a tenth of the last one, and return the one that ends."""
        ended, self.segment = self.segment, Segment(one_in=self.segment.one_in * SHRINKS)
        return ended

    def keeps_all(self, number: int) -> bool:
        """Return whether all of the next attempts are written, and count them if so."""
        segment = self.segment
        if segment.one_in > 1 or segment.kept + number > self.limit:
            return False
        self.total += number
        segment.attempts += number
        segment.kept += number
        return True

    def stands_for(self, event: AttemptEnded) -> int:
        """Return how many attempts the event stands for if it is written, 0 where it is left out."""
        self.total += 1
        segment = self.segment
        if segment.one_in == 1:
            segment.attempts += 1
            segment.kept += 1
            return 1
        if event.error is not None and self.kept_errors < self.share:
            self.kept_errors += 1
            return 1
        segment.attempts += 1
        if self.keeps(event.item, event.attempt):
            segment.kept += 1
            return segment.one_in
        self._note_duration(event)
        return 0

    def keeps(self, item: str, attempt: int) -> bool:
        """Return whether the share has an attempt of an item: a pure function of the two."""
        if self.segment.one_in == 1:
            return True
        checksum = crc32(f"{item}\x1f{attempt}".encode("utf-8", "surrogatepass"))
        return (checksum * MIXER & 0xFFFFFFFF) * self.segment.one_in < 1 << 32

    def slowest(self) -> list[AttemptEnded]:
        """Return the slowest of those that were left out, slowest first."""
        return [event for _, _, event in sorted(self._slowest, key=lambda one: one[:2], reverse=True)]

    def _note_duration(self, event: AttemptEnded) -> None:
        if event.began_ns is None or event.ended_ns is None:
            return
        entry = (event.ended_ns - event.began_ns, -self.total, event)
        if len(self._slowest) < SLOWEST:
            heapq.heappush(self._slowest, entry)
        elif entry[:2] > self._slowest[0][:2]:
            heapq.heapreplace(self._slowest, entry)
