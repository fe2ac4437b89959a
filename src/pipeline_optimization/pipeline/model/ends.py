"""The ends of pipelines, which make a result of the last step's outputs. Each end adds up in the workers first, and the parent merges their totals.

The result of an end does not depend on which worker added which value, nor on the order.
"""

from __future__ import annotations

import heapq
import math
import operator
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import repeat
from typing import Any, Generic, Protocol, TypeVar

from attrs import field, fields, frozen, has

from pipeline_optimization.pipeline.model.batch import Placed, values_of
from pipeline_optimization.pipeline.model.elements import ElementPath

__all__ = ["Collect", "Count", "End", "Group", "Reduce", "Sum", "Top", "describe_end", "functions_of"]

Value = TypeVar("Value")
Key = TypeVar("Key")
Result = TypeVar("Result")
Result_co = TypeVar("Result_co", covariant=True)
Value_contra = TypeVar("Value_contra", contravariant=True)


class End(Protocol[Value_contra, Result_co]):
    """Adds up elements. Its totals must be picklable."""

    def zero(self) -> Any:
        """Return the total of no elements."""
        ...

    def add(self, total: Any, elements: Iterable[tuple[ElementPath, Value_contra]]) -> Any:
        """Return a total with further elements. It may change ``total``."""
        ...

    def merge(self, total: Any, other: Any) -> Any:
        """Return two totals as one. It may change ``total``."""
        ...

    def result(self, total: Any) -> Result_co:
        """Return the result for the user."""
        ...


@frozen
class Count(Generic[Value]):
    """How often each value occurs: a dictionary with the most frequent value first. Values of the same frequency are sorted."""

    def zero(self) -> Counter[Value]:
        return Counter()

    def add(self, total: Counter[Value], elements: Iterable[Placed]) -> Counter[Value]:
        total.update(values_of(elements))
        return total

    def merge(self, total: Counter[Value], other: Counter[Value]) -> Counter[Value]:
        # There is no loop in Python here. And if adding two numbers raises, it raises before anything is changed.
        merged = list(map(operator.add, other.values(), map(total.get, other, repeat(0))))
        dict.update(total, zip(other, merged, strict=True))
        return total

    def result(self, total: Counter[Value]) -> dict[Value, int]:
        return dict(sorted(total.items(), key=lambda entry: (-entry[1], _sortable(entry[0]))))


@frozen
class Sum(Generic[Value]):
    """The sum of numbers. It is exact for integers. For floats it is rounded once, at the end, so that their order does not matter.

    Attributes:
        of: Returns the number of a value. If it is None, the values are the numbers.
    """

    of: Callable[[Value], Any] | None = None

    def zero(self) -> tuple[Any, list[float]]:
        return 0, []

    def add(self, total: tuple[Any, list[float]], elements: Iterable[Placed]) -> tuple[Any, list[float]]:
        values = values_of(elements) if self.of is None else list(map(self.of, values_of(elements)))
        return self.add_numbers(total, values, set(map(type, values)))

    def add_integers(self, total: tuple[Any, list[float]], numbers: Sequence[Any]) -> tuple[Any, list[float]] | None:
        """Return a total with further numbers, or None if they must be looked at one by one. It never changes ``total``.

        The types of a million numbers take longer to look at than their sum. And a sum is an ``int`` only if nothing in it had to be rounded.
        """
        if self.of is not None or type(next(iter(numbers))) is not int:
            return None
        whole = sum(numbers, total[0])
        return (whole, total[1]) if type(whole) is int else None

    def add_numbers(
        self, total: tuple[Any, list[float]], numbers: Sequence[Any], kinds: Iterable[type]
    ) -> tuple[Any, list[float]]:
        """Return a total with further numbers, whose types are ``kinds``. It may change ``total``."""
        whole, parts = total
        if not any(issubclass(kind, float) for kind in kinds):
            return sum(numbers, whole), parts
        for value in numbers:
            if isinstance(value, float):
                _add_exactly(parts, value)
            else:
                whole += value
        return whole, parts

    def merge(self, total: tuple[Any, list[float]], other: tuple[Any, list[float]]) -> tuple[Any, list[float]]:
        whole, parts = total[0] + other[0], total[1]  # an addition that raises has changed nothing
        for part in other[1]:
            _add_exactly(parts, part)
        return whole, parts

    def result(self, total: tuple[Any, list[float]]) -> Any:
        whole, parts = total
        if not parts:
            return whole
        if not isinstance(whole, int) or not all(map(math.isfinite, parts)):
            return whole + sum(parts)
        from fractions import Fraction  # noqa: PLC0415 - for sums of floats only

        return float(sum(map(Fraction, parts), Fraction(whole)))


@frozen
class Collect(Generic[Value]):
    """A list of all values, in the order of the input."""

    def zero(self) -> list[Placed]:
        return []

    def add(self, total: list[Placed], elements: Iterable[Placed]) -> list[Placed]:
        total.extend(elements)
        return total

    def merge(self, total: list[Placed], other: list[Placed]) -> list[Placed]:
        total.extend(other)
        return total

    def result(self, total: list[Placed]) -> list[Value]:
        return [value for _, value in sorted(total, key=_path)]


@frozen
class Top(Generic[Value]):
    """The ``number`` largest values, the largest first. Of equal values, those that come first in the input.

    Attributes:
        number: How many values.
        key: Returns what is compared of a value.
    """

    number: int
    key: Callable[[Value], Any] | None = None

    def zero(self) -> list[Placed]:
        return []

    def add(self, total: list[Placed], elements: Iterable[Placed]) -> list[Placed]:
        return self._largest([*total, *elements])

    def merge(self, total: list[Placed], other: list[Placed]) -> list[Placed]:
        return self._largest([*total, *other])

    def result(self, total: list[Placed]) -> list[Value]:
        return [value for _, value in self._largest(total)]

    def _largest(self, elements: list[Placed]) -> list[Placed]:
        key = self.key
        # nlargest keeps the order of equal values, as sorted(reverse=True) does. So sorting by place first decides between them.
        return heapq.nlargest(
            self.number, sorted(elements, key=_path), key=lambda one: one[1] if key is None else key(one[1])
        )


@frozen
class Group(Generic[Value, Key, Result]):
    """A dictionary of what ``end`` makes of the values of each key."""

    key: Callable[[Value], Key]
    end: End[Value, Result]

    def zero(self) -> dict[Key, Any]:
        return {}

    def add(self, total: dict[Key, Any], elements: Iterable[Placed]) -> dict[Key, Any]:
        groups: dict[Key, list[Placed]] = {}
        for element in elements:
            groups.setdefault(self.key(element[1]), []).append(element)
        for key, members in groups.items():
            total[key] = self.end.add(total[key] if key in total else self.end.zero(), members)
        return total

    def merge(self, total: dict[Key, Any], other: dict[Key, Any]) -> dict[Key, Any]:
        for key, theirs in other.items():
            total[key] = self.end.merge(total[key], theirs) if key in total else theirs
        return total

    def result(self, total: dict[Key, Any]) -> dict[Key, Result]:
        return {key: self.end.result(total[key]) for key in sorted(total, key=_sortable)}


@frozen
class Reduce(Generic[Value, Result]):
    """The result that ``add`` makes of ``zero()`` and all values, one after another.

    Attributes:
        zero: Returns a new start at each call. Merging it must change nothing.
        add: Returns a result with one more value.
        merge: Returns two results as one. It must be associative and commutative.
    """

    zero: Callable[[], Result]
    add_one: Callable[[Result, Value], Result] = field(alias="add")
    merge: Callable[[Result, Result], Result]

    def add(self, total: Result, elements: Iterable[Placed]) -> Result:
        for value in values_of(elements):
            total = self.add_one(total, value)
        return total

    def result(self, total: Result) -> Result:
        return total


def functions_of(end: object) -> Iterator[tuple[str, Callable[..., Any]]]:
    """Yield the functions that an end was given, each with a name for people."""
    for name, value in _parts(end):
        if has(type(value)):
            yield from functions_of(value)
        elif callable(value):
            yield f"the end's {name}()", value


def describe_end(end: object) -> str:
    """Return an end and its arguments as a text that is the same in each process. A function is only mentioned."""
    given = [
        f"{name}={describe_end(value) if has(type(value)) else 'a function' if callable(value) else repr(value)}"
        for name, value in _parts(end)
    ]
    return f"{type(end).__qualname__}({', '.join(given)})"


def _parts(end: Any) -> list[tuple[str, Any]]:
    return [(one.alias or one.name, getattr(end, one.name)) for one in fields(type(end))] if has(type(end)) else []


def _path(element: Placed) -> ElementPath:
    return element[0]


def _sortable(value: object) -> tuple[str, Any]:
    """Return a key that sorts values of several types: numbers and texts by themselves, all others by their type and ``repr``."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return type(value).__qualname__, repr(value)
    return ("", value) if not isinstance(value, str) else ("str", value)


def _add_exactly(parts: list[float], value: float) -> None:
    """Add a float to an exact sum, which is kept as floats that do not overlap (Shewchuk 1997, grow-expansion)."""
    kept = 0
    for part in parts:
        low, high = sorted((value, part), key=abs)
        value = high + low
        rest = low - (value - high)
        if rest:
            parts[kept] = rest
            kept += 1
    parts[kept:] = [value]
