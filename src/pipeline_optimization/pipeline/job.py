"""What a run computes, as ``execute`` sees it: the border between how work is run and what the work is.

A job goes through three stages, each a type of its own, so that nothing can be asked before it is known: it is planned
(``Job``), loaded in the process of the run (``LoadedJob``), and started on its input (``StartedJob``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeVar

from pipeline_optimization.engine.work import Item, Workload

if TYPE_CHECKING:
    from pipeline_optimization.engine.faults import FaultPlan
    from pipeline_optimization.engine.worker import Stage
    from pipeline_optimization.file_module import FileModule
    from pipeline_optimization.pipeline.summary import RunSummary
    from pipeline_optimization.sources import FileRange, Source
    from pipeline_optimization.tasks.task_decorator import TaskSpec

__all__ = ["Job", "KeptWorkload", "LoadedJob", "Outbox", "Parcel", "StartedJob", "StopOf"]

R_co = TypeVar("R_co", covariant=True)

StopOf = Callable[[str, int], int | None]
"""Tells where the part of a file that begins at a byte ends, if an earlier run has cut it; None if none has."""


class Job(Protocol[R_co]):
    """What a run computes: every name is found and every option checked, but nothing is loaded yet.

    ``R`` is the report of its run.
    """

    @property
    def faults(self) -> FaultPlan:
        """Return what calls of its tasks meet."""
        ...

    @property
    def tasks(self) -> Mapping[str, TaskSpec]:
        """Return, by name, how calls of its tasks are treated, where that may not be as the run treats all."""
        ...

    @property
    def files(self) -> Sequence[str]:
        """Return the files that it reads besides its input, as far as they are known: nothing may be written over them."""
        ...

    def load(self, announce: Callable[[str], None]) -> LoadedJob[R_co]:
        """Load what the run needs, in its own process first: what cannot be loaded is an error of the run, not of items.

        ``announce`` is told what takes long.
        """
        ...


class LoadedJob(Protocol[R_co]):
    """A job that workers can be made for, and that a checkpoint can be compared with."""

    @property
    def build(self) -> Callable[[object], Mapping[str, Stage]]:
        """Return the function that makes a worker's stages, by task name; workers import it by its name."""
        ...

    @property
    def argument(self) -> object:
        """Return what workers call ``build`` with. It must be picklable."""
        ...

    @property
    def modules(self) -> Sequence[FileModule]:
        """Return the single files that its code is in, besides those of plugins; workers make modules of them."""
        ...

    @property
    def facts(self) -> Mapping[str, str]:
        """Return what the results depend on, the input and the run's own options aside, by what people call it."""
        ...

    @property
    def remedies(self) -> Mapping[str, str]:
        """Return, by fact, a sentence on what to do if just that fact differs from the checkpoint's."""
        ...

    def start(self, sources: Sequence[Source], stop_of: StopOf) -> StartedJob[R_co]:
        """Begin with an input. Nothing of it is read before the engine asks for items."""
        ...


class StartedJob(Protocol[R_co]):
    """A job whose items are handed out and whose results come in."""

    @property
    def workload(self) -> KeptWorkload:
        """Return the items, and what takes their results."""
        ...

    @property
    def outbox(self) -> Outbox | None:
        """Return the rows of its results, where they go to a sink."""
        ...

    @property
    def bytes_read(self) -> int:
        """Return how much of the input was read so far, here and by workers."""
        ...

    @property
    def warnings(self) -> Sequence[str]:
        """Return what people should know of the results, a sentence each."""
        ...

    def report(self, summarise: Callable[[], RunSummary]) -> R_co:
        """Return the results with how the run went. ``summarise`` ends the run time: call it when the results are there."""
        ...


class KeptWorkload(Workload, Protocol):
    """A workload that a checkpoint can keep."""

    def content(self, item: Item) -> bytes:
        """Return what an item is run on, as far as a later run finds the same again."""
        ...

    def span(self, item: Item) -> FileRange | None:
        """Return the part of a file that an item stands for, if it is one part of one file: ``StopOf`` tells it later."""
        ...

    def snapshot(self) -> bytes | None:
        """Return the sum of all results accepted so far, or None for a workload that needs each of them."""
        ...

    def restore(self, snapshot: bytes) -> None:
        """Begin with the sum of another run's results. Raises ValueError or struct.error for what is none."""
        ...


class Parcel(NamedTuple):
    """Rows that one item gave, and who they are, as the job knows them."""

    item: Item
    rows: Sequence[Any]
    ids: Sequence[Any]


class Outbox(Protocol):
    """The rows of a result on their way to a sink. ``delivered`` is how many have got there, in earlier runs too."""

    delivered: int

    @property
    def is_full(self) -> bool:
        """Return whether so much waits that it should be delivered now: memory is bounded."""
        ...

    def take(self) -> Sequence[Parcel]:
        """Return what waits; it waits no more."""
        ...

    def kept(self, result: bytes) -> bytes:
        """Return what a checkpoint keeps of an item's result: all but its rows."""
        ...

    def alone(self, parcel: Parcel, indexes: Sequence[int]) -> Sequence[Item]:
        """Return the items that stand for single rows of a parcel; the item itself where it is such a one."""
        ...

    def parted(self, result: bytes, alone: Sequence[Item]) -> bytes:
        """Return the kept result of an item to which some of its rows belong no more: when it is accepted, it makes these items possible."""
        ...
