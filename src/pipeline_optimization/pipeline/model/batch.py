"""Elements of a bundle on their way through the steps: their values, and who they are, each for itself.

Most elements are never asked who they are, so that their paths are made only where somebody asks: a path is a tuple, which takes as long as a
short function.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol

from attrs import frozen

from pipeline_optimization.pipeline.model.elements import ElementPath, position, position_of_next

__all__ = ["Batch", "PathList", "Paths", "Placed", "SiblingPaths", "values_of"]

Placed = tuple[ElementPath, Any]
"""An element: who it is, and its value."""


class Paths(Protocol):
    """Who the elements of a batch are, in their order."""

    def __len__(self) -> int: ...

    def __getitem__(self, number: int, /) -> ElementPath: ...

    def __iter__(self) -> Iterator[ElementPath]: ...

    def take(self, numbers: Sequence[int]) -> Paths:
        """Return those of these numbers."""
        ...

    def positions(self) -> int:
        """Return the sum of their positions, by which the ledger knows them."""
        ...


@frozen
class SiblingPaths:
    """Paths that differ in their last place only, such as those of the lines of one file."""

    parent: ElementPath
    places: Sequence[int]

    def __len__(self) -> int:
        return len(self.places)

    def __getitem__(self, number: int) -> ElementPath:
        return (*self.parent, self.places[number])

    def __iter__(self) -> Iterator[ElementPath]:
        parent = self.parent
        return ((*parent, place) for place in self.places)

    def take(self, numbers: Sequence[int]) -> SiblingPaths:
        places = self.places
        return SiblingPaths(self.parent, [places[number] for number in numbers])

    def positions(self) -> int:
        # A position is linear in the last place.
        return len(self.places) * position_of_next(self.parent) + sum(self.places)


@frozen
class PathList:
    """Paths as they are."""

    paths: Sequence[ElementPath]

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, number: int) -> ElementPath:
        return self.paths[number]

    def __iter__(self) -> Iterator[ElementPath]:
        return iter(self.paths)

    def take(self, numbers: Sequence[int]) -> PathList:
        paths = self.paths
        return PathList([paths[number] for number in numbers])

    def positions(self) -> int:
        return sum(map(position, self.paths))


@frozen
class Batch:
    """Elements, as pairs of a path and a value for those who want pairs."""

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
        """Return those of these numbers."""
        values = self.values
        return Batch(self.paths.take(numbers), [values[number] for number in numbers])


def values_of(elements: Iterable[Placed]) -> Sequence[Any]:
    """Return the values of elements, without making a pair of each where they are a batch."""
    return elements.values if isinstance(elements, Batch) else [value for _, value in elements]
