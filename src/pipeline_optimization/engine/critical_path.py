"""Finds the critical path of a run: the chain of items, each made possible by the one before, that took the longest time.

It is found while the run goes on. Each item knows the chain that led to it, and when an item ends, the longest chain so far is kept. A
chain has names and times, and no data of items. All other chains are garbage as soon as nothing can follow from them.
"""

from __future__ import annotations

from typing import NamedTuple

from pipeline_optimization.engine.work import ItemState
from pipeline_optimization.types.critical_path import CriticalPath, PathStep

__all__ = ["Chain", "LongestChain", "chain_to"]

MOST_STEPS = 30
"""How many steps, that is items, of a critical path are reported. They are its last ones."""

SECOND = 1_000_000_000


class Chain(NamedTuple):
    """A chain of items that have ended, as its last item and the chain before it. All times are in nanoseconds.

    Attributes:
        item: The name of the last item.
        task: Its task.
        attempts: The number of its last attempt, as in ``FailedItem``.
        ran: How long its attempts in this run took.
        delayed: How long its retry delays took.
        length: How long the whole chain took.
        led_here: The chain that led to the item; None if it came from the input.
    """

    item: str
    task: str
    attempts: int
    ran: int
    delayed: int
    length: int
    led_here: Chain | None


def chain_to(state: ItemState) -> Chain | None:
    """Return the chain that ends with an item; None if its attempts were not measured."""
    if state.ran is None:
        return None
    led_here = state.led_here
    length = state.ran + state.delayed + (0 if led_here is None else led_here.length)
    return Chain(state.item.name, state.item.task, state.number, state.ran, state.delayed, length, led_here)


class LongestChain:
    """Keeps the longest of all chains whose last item has ended."""

    def __init__(self) -> None:
        self._length = -1
        self._chain: Chain | None = None

    def note(self, state: ItemState) -> None:
        """Note that an item has ended."""
        # The sum of ``chain_to``, without the chain: most items do not end the longest one, and a chain for each of them would cost time.
        length = (state.ran or 0) + state.delayed
        if state.led_here is not None:
            length += state.led_here.length
        if length > self._length:
            self._length, self._chain = length, chain_to(state)

    def path(self) -> CriticalPath | None:
        """Return the longest chain so far; None before anything has ended."""
        chain, left_out = self._chain, 0
        steps: list[PathStep] = []
        if chain is None:
            return None
        while chain is not None:
            # From the end of the chain to its beginning: its last items are kept.
            if len(steps) < MOST_STEPS:
                ran, delayed = chain.ran / SECOND, chain.delayed / SECOND
                steps.append(
                    PathStep(item=chain.item, task=chain.task, attempts=chain.attempts, ran=ran, delayed=delayed)
                )
            else:
                left_out += 1
            chain = chain.led_here
        return CriticalPath(seconds=self._length / SECOND, steps=tuple(reversed(steps)), left_out=left_out)
