"""The paths of a batch's elements. Each path is made only when it is asked for.

Most paths never are, and making a tuple takes as long as a short function. The ledger needs only the sum of the elements' positions, which can be
computed without the paths, because a position is linear in the last place of its path.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence, Sized
from itertools import accumulate, chain, count
from operator import add, mul
from typing import Protocol

from attrs import define, field, frozen

from pipeline_optimization.pipeline.model.elements import (
    FACTOR,
    MODULUS,
    ElementPath,
    child,
    position,
    position_of_next,
)

__all__ = ["ChildPaths", "LineStarts", "PathList", "Paths", "SiblingPaths", "SomePaths"]


class Paths(Protocol):
    """The paths of a batch's elements, in their order."""

    def __len__(self) -> int: ...

    def __getitem__(self, number: int, /) -> ElementPath: ...

    def __iter__(self) -> Iterator[ElementPath]: ...

    def take(self, numbers: Sequence[int]) -> Paths:
        """Return the paths with these numbers, each number once."""
        ...

    def part(self, start: int, stop: int) -> Paths:
        """Return the paths from number ``start`` to before number ``stop``."""
        ...

    def positions(self) -> int:
        """Return the sum of the paths' positions, which is what the ledger needs."""
        ...

    def weighted(self, weights: Sequence[int]) -> int:
        """Return the sum of the paths' positions, each times its weight."""
        ...


@frozen(eq=False, repr=False)
class LineStarts:
    """How many bytes come before each line of a text.

    The lengths of lines are added up once for a whole block that was read. A part of the block is a slice of them.

    Attributes:
        without_ends: For each line, the bytes before it without the line ends.
        first: The number of line ends before the first line.
    """

    without_ends: Sequence[int]
    first: int = 0

    @staticmethod
    def of(before: int, lengths: Sequence[Sized]) -> LineStarts:
        """Return the starts of lines that come after ``before`` bytes. Each member of ``lengths`` is as long as a line without its line end."""
        without_ends = list(accumulate(map(len, lengths), initial=before))
        del without_ends[-1]
        return LineStarts(without_ends)

    def __len__(self) -> int:
        return len(self.without_ends)

    def __iter__(self) -> Iterator[int]:
        return map(add, self.without_ends, count(self.first))

    def __getitem__(self, number: int) -> int:
        return self.without_ends[number] + self.first + number

    def part(self, start: int, stop: int) -> LineStarts:
        return LineStarts(self.without_ends[start:stop], self.first + start)

    def total(self) -> int:
        number = len(self.without_ends)
        return sum(self.without_ends) + number * self.first + number * (number - 1) // 2


@frozen(eq=False, repr=False)
class SiblingPaths:
    """Paths that differ in their last place only, such as those of the lines of one file."""

    parent: ElementPath
    places: Sequence[int] | LineStarts

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

    def part(self, start: int, stop: int) -> SiblingPaths:
        places = self.places
        return SiblingPaths(
            self.parent, places.part(start, stop) if isinstance(places, LineStarts) else places[start:stop]
        )

    def positions(self) -> int:
        places = self.places
        total = places.total() if isinstance(places, LineStarts) else sum(places)
        return len(places) * position_of_next(self.parent) + total

    def weighted(self, weights: Sequence[int]) -> int:
        places: int = sum(map(mul, weights, self.places))
        return sum(weights) * position_of_next(self.parent) + places


@frozen(eq=False, repr=False)
class PathList:
    """Paths that are made already."""

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

    def part(self, start: int, stop: int) -> PathList:
        return PathList(self.paths[start:stop])

    def positions(self) -> int:
        return sum(map(position, self.paths))

    def weighted(self, weights: Sequence[int]) -> int:
        return sum(map(mul, weights, map(position, self.paths)))


@define(eq=False, repr=False)
class ChildPaths:
    """The paths of a ``flat_map``'s outputs. Parent ``i`` has ``numbers[i]`` outputs."""

    parents: Paths
    numbers: Sequence[int]
    _ends: list[int] | None = field(init=False, default=None)

    def __len__(self) -> int:
        return sum(self.numbers)

    def __iter__(self) -> Iterator[ElementPath]:
        pairs = zip(self.parents, self.numbers, strict=True)
        return chain.from_iterable(map(child, [path] * number, range(number)) for path, number in pairs)

    def __getitem__(self, number: int) -> ElementPath:
        if self._ends is None:
            self._ends = list(accumulate(self.numbers))
        parent = bisect_right(self._ends, number)
        return child(self.parents[parent], number - self._ends[parent] + self.numbers[parent])

    def take(self, numbers: Sequence[int]) -> SomePaths:
        return SomePaths(self, numbers)

    def part(self, start: int, stop: int) -> SomePaths:
        return SomePaths(self, range(start, stop))

    def positions(self) -> int:
        places = sum(number * (number + 1) // 2 for number in self.numbers)
        return (FACTOR * self.parents.weighted(self.numbers) + places) % MODULUS

    def weighted(self, weights: Sequence[int]) -> int:
        of_parents, places, at = [], 0, 0
        for number in self.numbers:
            mine = weights[at : at + number]
            of_parents.append(sum(mine))
            places += sum(map(mul, mine, count(1)))
            at += number
        return (FACTOR * self.parents.weighted(of_parents) + places) % MODULUS


@frozen(eq=False, repr=False)
class SomePaths:
    """Some of other paths, by their numbers there."""

    paths: Paths
    numbers: Sequence[int]

    def __len__(self) -> int:
        return len(self.numbers)

    def __getitem__(self, number: int) -> ElementPath:
        return self.paths[self.numbers[number]]

    def __iter__(self) -> Iterator[ElementPath]:
        return map(list(self.paths).__getitem__, self.numbers)

    def take(self, numbers: Sequence[int]) -> SomePaths:
        mine = self.numbers
        return SomePaths(self.paths, [mine[number] for number in numbers])

    def part(self, start: int, stop: int) -> SomePaths:
        return SomePaths(self.paths, self.numbers[start:stop])

    def positions(self) -> int:
        return self.weighted([1] * len(self.numbers))

    def weighted(self, weights: Sequence[int]) -> int:
        all_weights = [0] * len(self.paths)
        for number, weight in zip(self.numbers, weights, strict=True):
            all_weights[number] = weight
        return self.paths.weighted(all_weights)
