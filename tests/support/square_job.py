"""A job that has nothing to do with text: it sums the squares of numbers, each of them an item."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from attrs import define, field, frozen

from pipeline_optimization.engine.faults import FaultPlan
from pipeline_optimization.engine.work import Item
from pipeline_optimization.engine.worker import Stage
from pipeline_optimization.file_module import FileModule
from pipeline_optimization.pipeline.job import StopOf
from pipeline_optimization.pipeline.summary import RunSummary
from pipeline_optimization.sources import Source
from pipeline_optimization.tasks.task_decorator import TaskSpec

SQUARE = "square"


def build_square(offset: object) -> Mapping[str, Stage]:
    """Build the stage that returns the square of a number, plus an offset."""
    assert isinstance(offset, int)
    return {SQUARE: lambda data: b"%d" % (int(data) ** 2 + offset)}


@frozen(kw_only=True)
class SquareJob:
    """The sum of ``numbers`` squares, planned and loaded alike: there is nothing to load."""

    numbers: int
    faults: FaultPlan
    argument: int = 0
    files: Sequence[str] = ()
    tasks: Mapping[str, TaskSpec] = field(factory=dict)
    remedies: Mapping[str, str] = field(factory=lambda: {"the numbers": "They were {was}: count to there."})

    def load(self, announce: Callable[[str], None]) -> SquareJob:
        announce("counting fingers")
        return self

    @property
    def build(self) -> Callable[[object], Mapping[str, Stage]]:
        return build_square

    @property
    def modules(self) -> Sequence[FileModule]:
        return ()

    @property
    def facts(self) -> Mapping[str, str]:
        return {"the numbers": str(self.numbers)}

    def start(self, sources: Sequence[Source], stop_of: StopOf) -> StartedSquareJob:
        return StartedSquareJob(Squares(self.numbers))


@define(eq=False)
class Squares:
    """The items, and their sum."""

    numbers: int
    total: int = 0

    def items(self) -> Iterator[Item]:
        for number in range(self.numbers):
            yield Item(id=str(number), task=SQUARE, fault_key=str(number), data=b"%d" % number)

    def accept(self, item: Item, result: bytes) -> Iterable[Item]:
        self.total += int(result)
        return ()

    def content(self, item: Item) -> bytes:
        return item.data

    def span(self, item: Item) -> None:
        return None

    def snapshot(self) -> bytes:
        return b"%d" % self.total

    def restore(self, snapshot: bytes) -> None:
        self.total = int(snapshot)


@frozen(eq=False)
class StartedSquareJob:
    """The sum under way."""

    workload: Squares
    bytes_read: int = 0
    outbox: None = None
    warnings: Sequence[str] = ("Squares grow.",)

    def report(self, summarise: Callable[[], RunSummary]) -> SquareReport:
        return SquareReport(self.workload.total, summarise())


@frozen
class SquareReport:
    """The sum, and how the run went."""

    total: int
    summary: RunSummary
