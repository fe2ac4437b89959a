"""The elements of a bundle on their way through the steps, in columns: their values and their paths."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any, overload

from attrs import define, field, frozen

from pipeline_optimization.pipeline.model.elements import ElementPath
from pipeline_optimization.pipeline.model.paths import PathList, Paths

__all__ = ["Batch", "Joined", "Placed", "values_of"]

Placed = tuple[ElementPath, Any]
"""An element: its path and its value."""


@frozen(eq=False, repr=False)
class Batch:
    """Elements in two columns. Iteration gives pairs of a path and a value."""

    paths: Paths
    values: Sequence[Any]

    @staticmethod
    def of(elements: Iterable[Placed]) -> Batch:
        pairs = list(elements)
        return Batch(PathList([path for path, _ in pairs]), [value for _, value in pairs])

    def __len__(self) -> int:
        return len(self.values)

    def __iter__(self) -> Iterator[Placed]:
        return zip(self.paths, self.values, strict=True)

    def __getitem__(self, number: int) -> Placed:
        return self.paths[number], self.values[number]

    def take(self, numbers: Sequence[int]) -> Batch:
        """Return the elements with these numbers."""
        values = self.values
        return Batch(self.paths.take(numbers), [values[number] for number in numbers])

    def part(self, start: int, stop: int) -> Batch:
        """Return the elements from number ``start`` to before number ``stop``."""
        if start == 0 and stop >= len(self.values):
            return self
        return Batch(self.paths.part(start, stop), self.values[start:stop])


@define(eq=False, repr=False)
class Joined(Sequence[Any]):
    """The members of several lists, one after another. They are copied into one list only if a member is asked for by its number."""

    lists: Sequence[Sequence[Any]]
    lengths: Sequence[int]
    _all: list[Any] | None = field(init=False, default=None)

    def __len__(self) -> int:
        return sum(self.lengths)

    def __iter__(self) -> Iterator[Any]:
        return chain.from_iterable(self.lists)

    @overload
    def __getitem__(self, number: int) -> Any: ...

    @overload
    def __getitem__(self, number: slice) -> Sequence[Any]: ...

    def __getitem__(self, number: int | slice) -> Any:
        if self._all is None:
            self._all = list(self)
        return self._all[number]


def values_of(elements: Iterable[Placed]) -> Sequence[Any]:
    """Return the values of elements. If they are a batch, no pairs are made."""
    return elements.values if isinstance(elements, Batch) else [value for _, value in elements]
