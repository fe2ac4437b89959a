"""Finds the critical path while a run goes on: each item knows the chain of those that it followed from, and the longest one is kept.

A chain holds names and times, and no data of items, and only as long as something may follow from it.
"""

from __future__ import annotations

from typing import NamedTuple

from pipeline_optimization.engine.work import Track
from pipeline_optimization.types.critical_path import CriticalPath, PathStep

__all__ = ["Chain", "Longest", "chain_to"]

MOST_STEPS = 30
"""Steps of a critical path that are told."""

SECOND = 1_000_000_000


class Chain(NamedTuple):
    """An item that has ended, and the chain that it followed from. Times are nanoseconds; ``length`` is that of all of the chain."""

    item: str
    task: str
    attempts: int
    ran: int
    delayed: int
    length: int
    behind: Chain | None


def chain_to(track: Track) -> Chain | None:
    """Return the chain that ends with an item; None where nobody measures."""
    if track.ran is None:
        return None
    behind = track.behind
    length = track.ran + track.delayed + (0 if behind is None else behind.length)
    return Chain(track.item.name, track.item.task, track.number, track.ran, track.delayed, length, behind)


class Longest:
    """Keeps the longest chain of those that have ended."""

    def __init__(self) -> None:
        self._length = -1
        self._chain: Chain | None = None

    def note(self, track: Track) -> None:
        """Note that an item has ended."""
        length = (track.ran or 0) + track.delayed
        if track.behind is not None:
            length += track.behind.length
        if length > self._length:
            self._length, self._chain = length, chain_to(track)

    def path(self) -> CriticalPath | None:
        """Return the longest chain so far; None before anything has ended."""
        chain, left_out = self._chain, 0
        steps: list[PathStep] = []
        if chain is None:
            return None
        while chain is not None:
            if len(steps) < MOST_STEPS:
                ran, delayed = chain.ran / SECOND, chain.delayed / SECOND
                steps.append(
                    PathStep(item=chain.item, task=chain.task, attempts=chain.attempts, ran=ran, delayed=delayed)
                )
            else:
                left_out += 1
            chain = chain.behind
        return CriticalPath(seconds=self._length / SECOND, steps=tuple(reversed(steps)), left_out=left_out)
