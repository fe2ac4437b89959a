"""What the engine runs: items, the workload that they come from, and the state of an item under way."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Protocol

from attrs import Factory, define, field, frozen

from pipeline_optimization.types import ErrorRecord

__all__ = ["Item", "Track", "Workload"]


@frozen(kw_only=True)
class Item:
    """One unit of work: ``task`` is run on ``data``, somewhere.

    ``id`` is unique among the items of its task and independent of the orchestrator. ``fault_key`` is what fault
    draws know the item by: its content, so that a contender that calls the tasks itself meets the same faults.
    ``weight``, ``size`` and ``place`` stay with the parent: ``size`` is how many bytes of text the item keeps in memory
    while it is under way, and ``place`` says where it comes from, for people. ``first_attempt`` is the number of its first
    attempt: more than 1 if an earlier run gave it up, so that it meets other faults than it met there.

    ``position`` is what the ledger knows the item by, if not by its id. ``failed`` is the error of its first attempt where that was
    made in a bundle of several items. ``is_bundle``: it is such a bundle, whose items the ledger has, and not itself; ``split``
    returns smaller ones in its place where its worker died, and none where there are none.
    """

    id: str
    task: str
    fault_key: str = ""
    data: bytes = field(default=b"", repr=False)
    weight: int = 1
    size: int = field(default=Factory(lambda self: len(self.data), takes_self=True))
    place: str = ""
    first_attempt: int = 1
    position: int | None = None
    failed: ErrorRecord | None = None
    is_bundle: bool = False
    split: Callable[[], Sequence[Item]] | None = field(default=None, repr=False, eq=False)

    @property
    def name(self) -> str:
        """Return what reports call the item."""
        return f"{self.task}:{self.id}"


class Workload(Protocol):
    """The items of a run. The engine consumes them lazily and hands back each result exactly once."""

    def items(self) -> Iterator[Item]:
        """Yield the items that depend on no other, as late as possible."""
        ...

    def accept(self, item: Item, result: bytes) -> Iterable[Item]:
        """Commit a result and return the items that it makes possible; they go before further ``items``."""
        ...


@define(eq=False)
class Track:
    """An item under way. ``number`` is its attempt under way or due next; ``losses`` counts its workers' deaths.

    ``path`` is the virtual time, in seconds, at which the item could end at the earliest: where its parent ended, plus
    its own latencies and delays so far.
    """

    item: Item
    path: float
    number: int = field(default=Factory(lambda self: self.item.first_attempt, takes_self=True))
    losses: int = 0
    first_started: float | None = None
    delays: Iterator[float] | None = None
