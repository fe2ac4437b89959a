"""The choice of the attempts that are written if there are too many: a shrinking share of them, errors, and the slowest."""

from __future__ import annotations

import heapq
from zlib import crc32

from attrs import define, field

from pipeline_optimization.types.events import AttemptEnded

__all__ = ["Sampling", "Segment"]

SHRINKS = 10
"""The share that is written shrinks by this factor each time."""

SLOWEST = 100
"""How many of the slowest attempts that were left out are written at the end."""

MIXER = 0x9E3779B1
"""An odd number that spreads a checksum's differences over its high bits (D. Knuth, "The Art of Computer Programming", 6.4)."""


@define
class Segment:
    """A stretch of a run in which one of ``one_in`` attempts without errors was written: ``kept`` of ``attempts``."""

    one_in: int
    attempts: int = 0
    kept: int = 0


@define
class Sampling:
    """Decides which attempts are written.

    The first ``limit`` attempts all are. After that, one in ten is written until there are a tenth of ``limit`` more lines, then one in a hundred for
    as many lines, and so on. So a file has some more lines than ``limit``, however many attempts there are. Whether an attempt is written depends
    only on its item and its number. Attempts with errors are all written up to a tenth of ``limit`` lines, and after that as all others are.
    """

    limit: int
    total: int = 0
    kept_errors: int = 0
    segment: Segment = field(factory=lambda: Segment(one_in=1))
    _slowest: list[tuple[int, int, AttemptEnded]] = field(factory=list)

    @property
    def share(self) -> int:
        """Return how many lines are written before the share shrinks again."""
        return max(1, self.limit // SHRINKS)

    def is_over(self) -> bool:
        """Return whether these lines are used up, so that ``next_segment`` is due."""
        return self.segment.kept >= (self.limit if self.segment.one_in == 1 else self.share)

    def next_segment(self) -> Segment:
        """Make the share ten times smaller. Return the stretch that ends."""
        ended, self.segment = self.segment, Segment(one_in=self.segment.one_in * SHRINKS)
        return ended

    def keeps_all(self, number: int) -> bool:
        """Return whether the next ``number`` attempts are all written. If so, count them."""
        segment = self.segment
        if segment.one_in > 1 or segment.kept + number > self.limit:
            return False
        self.total += number
        segment.attempts += number
        segment.kept += number
        return True

    def stands_for(self, event: AttemptEnded) -> int:
        """Return how many attempts the event stands for if it is written, or 0 if it is left out."""
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
        """Return whether an attempt is in the present share. The answer depends only on item, number and share."""
        if self.segment.one_in == 1:
            return True
        checksum = crc32(f"{item}\x1f{attempt}".encode("utf-8", "surrogatepass"))
        return (checksum * MIXER & 0xFFFFFFFF) * self.segment.one_in < 1 << 32

    def slowest(self) -> list[AttemptEnded]:
        """Return the slowest of the attempts that were left out, the slowest first."""
        return [event for _, _, event in sorted(self._slowest, key=lambda one: one[:2], reverse=True)]

    def _note_duration(self, event: AttemptEnded) -> None:
        if event.began_ns is None or event.ended_ns is None:
            return
        # Of attempts that took the same time, the earlier one counts as slower. So events themselves are never
        # compared.
        entry = (event.ended_ns - event.began_ns, -self.total, event)
        if len(self._slowest) < SLOWEST:
            heapq.heappush(self._slowest, entry)
        elif entry[:2] > self._slowest[0][:2]:
            heapq.heapreplace(self._slowest, entry)
