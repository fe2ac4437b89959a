"""The border between running work and the work itself: a job, as ``execute`` sees it.

A job goes through three stages, each a type of its own, so that nothing can be asked before it is known. First it is planned (``Job``), then loaded
in the process of the run (``LoadedJob``), then started on its input (``StartedJob``).
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
"""Returns where the part of a file that begins at a byte ends, if an earlier run has cut the file. Otherwise None."""


class Job(Protocol[R_co]):
    """A job with all names found and all options checked. Nothing is loaded yet.

    ``R`` is the type of its report.
    """

    @property
    def faults(self) -> FaultPlan:
        """Return the faults of its tasks."""
        ...

    @property
    def tasks(self) -> Mapping[str, TaskSpec]:
        """Return the tasks by name, with how their calls are treated."""
        ...

    @property
    def files(self) -> Sequence[str]:
        """Return the files that it reads besides its input, as far as they are known. Nothing may be written over them."""
        ...

    def load(self, announce: Callable[[str], None]) -> LoadedJob[R_co]:
        """Load what the run needs in this process first. So what cannot be loaded is an error of the run, and not of items.

        ``announce`` is called with a few words before anything that takes long.
        """
        ...


class LoadedJob(Protocol[R_co]):
    """A job for which workers can be made, and which can be compared with a checkpoint."""

    @property
    def build(self) -> Callable[[object], Mapping[str, Stage]]:
        """Return the function that makes a worker's stages, by task name. Workers import it by its name."""
        ...

    @property
    def argument(self) -> object:
        """Return the argument with which workers call ``build``. It must be picklable."""
        ...

    @property
    def modules(self) -> Sequence[FileModule]:
        """Return the single files of its code, besides those of plugins. Workers make modules of them."""
        ...

    @property
    def facts(self) -> Mapping[str, str]:
        """Return what the results depend on, except for the input and the run's own options, by its name for people."""
        ...

    @property
    def remedies(self) -> Mapping[str, str]:
        """Return, by fact, a sentence on what to do if only that fact differs from the checkpoint's."""
        ...

    def start(self, sources: Sequence[Source], stop_of: StopOf) -> StartedJob[R_co]:
        """Begin with an input. Nothing is read before the engine asks for items."""
        ...


class StartedJob(Protocol[R_co]):
    """A job that hands out items and takes their results."""

    @property
    def workload(self) -> KeptWorkload:
        """Return what hands out items and takes results."""
        ...

    @property
    def outbox(self) -> Outbox | None:
        """Return the rows of its results, if they go to a sink."""
        ...

    @property
    def bytes_read(self) -> int:
        """Return how many bytes of the input were read so far, here and by workers."""
        ...

    @property
    def warnings(self) -> Sequence[str]:
        """Return what people should know of the results, in one sentence each."""
        ...

    def report(self, summarise: Callable[[], RunSummary]) -> R_co:
        """Return the results together with how the run went. Call ``summarise`` when the results are there, because it ends the run time."""
        ...


class KeptWorkload(Workload, Protocol):
    """A workload that a checkpoint can keep."""

    def content(self, item: Item) -> bytes:
        """Return the bytes by which a later run recognises the item's input."""
        ...

    def span(self, item: Item) -> FileRange | None:
        """Return the part of a file that the item covers, if it is one part of one file. A later run gets its end from ``StopOf``."""
        ...

    def snapshot(self) -> bytes | None:
        """Return the sum of all results accepted so far, or None if each result is needed."""
        ...

    def restore(self, snapshot: bytes) -> None:
        """Begin with the sum of an earlier run's results. Raises ValueError or struct.error for damaged bytes."""
        ...


class Parcel(NamedTuple):
    """Rows from one item, with the identities that the job gives them."""

    item: Item
    rows: Sequence[Any]
    ids: Sequence[Any]


class Outbox(Protocol):
    """The rows of a result on their way to a sink. ``delivered`` is how many have arrived, in earlier runs too."""

    delivered: int

    @property
    def is_full(self) -> bool:
        """Return whether too many rows wait. Then they must be delivered now, to bound memory."""
        ...

    def take(self) -> Sequence[Parcel]:
        """Return all rows that wait, and forget them."""
        ...

    def kept(self, result: bytes) -> bytes:
        """Return the part of an item's result that a checkpoint keeps: all but its rows."""
        ...

    def alone(self, parcel: Parcel, indexes: Sequence[int]) -> Sequence[Item]:
        """Return one item for each of these rows of a parcel. If the parcel's item is such an item, return that."""
        ...

    def parted(self, result: bytes, alone: Sequence[Item]) -> bytes:
        """Return the kept result of an item without some of its rows. When it is accepted, it makes the items ``alone`` possible."""
        ...
