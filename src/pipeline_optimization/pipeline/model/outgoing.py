"""The values at the end of a pipeline whose run has a sink. They wait here for their delivery."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import define, evolve, field

from pipeline_optimization.engine.work import Item
from pipeline_optimization.pipeline.job import Parcel
from pipeline_optimization.pipeline.model.batch import Placed
from pipeline_optimization.pipeline.model.blame import shown
from pipeline_optimization.pipeline.model.codec import Codec
from pipeline_optimization.pipeline.model.elements import name_of
from pipeline_optimization.pipeline.model.outcome import Outcome, Waiting
from pipeline_optimization.pipeline.model.workload import Gathered, PipelineWorkload

__all__ = ["RowOutbox"]

FULL_ROWS = 20_000
"""Rows that are delivered at once, even if no commit is due."""

FULL_BYTES = 16 << 20
"""The same in bytes, as far as they are known: those of the items that gave the rows, and of their results."""


@define(eq=False)
class RowOutbox:
    """The rows that wait for their delivery. ``delivered`` is how many rows the sink has."""

    workload: PipelineWorkload
    gathered: Gathered
    delivered: int = 0
    _alone: dict[str, Waiting] = field(init=False, factory=dict)

    @property
    def is_full(self) -> bool:
        return self.gathered.rows >= FULL_ROWS or self.gathered.size >= FULL_BYTES

    def take(self) -> Sequence[Parcel]:
        return [_parcel(item, elements) for item, elements in self.gathered.take()]

    def kept(self, result: bytes) -> bytes:
        outcome = Outcome.from_bytes(result)
        return result if outcome.total is None else evolve(outcome, total=None).to_bundled().result

    def alone(self, parcel: Parcel, indexes: Sequence[int]) -> Sequence[Item]:
        workload, item = self.workload, parcel.item
        place = workload.places(item)
        found = []
        self._alone = {}
        for index in indexes:
            path, value = parcel.ids[index], parcel.rows[index]
            data = _encoded(workload.codec, (path, value))
            one = Waiting(len(workload.pipeline.steps), path, data, shown(value))
            is_same = item.task == workload.pipeline.delivery and item.id == name_of(path)
            alone = item if is_same else workload.item_of(one, place(one))
            self._alone[alone.name] = one
            found.append(alone)
        return found

    def parted(self, result: bytes, alone: Sequence[Item]) -> bytes:
        outcome = Outcome.from_bytes(result)
        outcome.waiting += [self._alone[item.name] for item in alone]
        return outcome.to_bundled().result


def _encoded(codec: Codec, element: Placed) -> bytes:
    """Return an element as bytes, or nothing if it cannot be kept. Then it cannot be tried again."""
    try:
        return codec.encode(element)
    except Exception:  # noqa: BLE001 - whatever an object of the user's raises
        return b""


def _parcel(item: Item, elements: Sequence[Placed]) -> Parcel:
    return Parcel(item, [value for _, value in elements], [path for path, _ in elements])
