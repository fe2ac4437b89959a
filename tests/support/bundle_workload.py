"""A workload with a bundle whose elements have a next step or failed, without a pipeline."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from attrs import define, field

from pipeline_optimization.engine.work import Item
from pipeline_optimization.engine.worker import Stage
from pipeline_optimization.types import ErrorRecord

ERROR = ErrorRecord(type="ValueError", message="no")


@define(eq=False)
class Bundle:
    """A bundle, of which some elements failed and others have a next step, and more input behind it."""

    failed: int
    waiting: int
    more: int
    results: list[str] = field(factory=list)

    def items(self) -> Iterator[Item]:
        yield Item(id="bundle", task="values", is_bundle=True)
        for number in range(self.more):
            yield Item(id=f"more{number}", task="values")

    def accept(self, item: Item, result: bytes) -> Sequence[Item]:
        self.results.append(item.name)
        if not item.is_bundle:
            return ()
        failed = [
            Item(id=str(number), task="step", position=number, first_error=ERROR, from_bundle=item.name)
            for number in range(self.failed)
        ]
        return [*failed, *(Item(id=f"waits{number}", task="step", position=99) for number in range(self.waiting))]


def build_copies(argument: object) -> Mapping[str, Stage]:
    return {"values": bytes, "step": bytes}
