"""Rows as a statement takes them: with the same columns, in the same order, and of types that the columns take."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from reprlib import Repr

from attrs import frozen

from anagram_plugin_sql.rows import NamedRow
from anagram_plugin_sql.values import Check, Taken
from pipeline_optimization.spelling_hint import did_you_mean

__all__ = ["Arrangement", "Block"]

SHORT = Repr()
SHORT.maxstring = SHORT.maxother = 60

MOST_SHAPES = 1000
"""How many sets of keys are remembered; rows may have any."""

Values = tuple[object, ...]


@frozen
class Block:
    """Rows with the same columns that stand side by side; ``indexes`` are their places in the delivery."""

    columns: tuple[str, ...]
    indexes: Sequence[int]
    rows: Sequence[Values]


class _Shape:
    """Rows with the same keys, in the same order."""

    def __init__(self, keys: tuple[str, ...], taken: Mapping[str, Taken], required: Sequence[str]) -> None:
        self.keys = keys
        self._takes = [taken[key] for key in keys]
        self._required = required
        self.checks: dict[tuple[type, ...], Sequence[tuple[int, Check]]] = {}
        """What looks at the values of a row, by the types of all its values. Types that are not taken are not in it."""

    def problem_of(self, values: Values) -> str | None:
        """Return what is wrong with a row, None if nothing is; then its types are remembered."""
        kinds = tuple(map(type, values))
        checks = []
        for place, (name, take, kind) in enumerate(zip(self.keys, self._takes, kinds, strict=True)):
            value = values[place]
            if value is None and name in self._required:
                return f"The column {name!r} is in the key, and the row has nothing in it."
            if not take.is_taken(kind):
                return f"The column {name!r} takes {take.name}, not {SHORT.repr(value)} of type {kind.__name__}."
            check = take.check_of(kind)
            if check is None:
                continue
            checks.append((place, check))
            problem = check(value)
            if problem:
                return f"The column {name!r}: {SHORT.repr(value)} {problem}."
        self.checks[kinds] = checks
        return None


class Arrangement:
    """Arranges the rows of deliveries for a table whose columns take what ``taken`` says.

    Columns that a row lacks have their default in the database. Unless ``keeps_absent``, columns that have none but NULL are
    filled with it, so that rows which differ in them still go together. ``required`` are columns of which each row must have a value.
    """

    def __init__(
        self, taken: Mapping[str, Taken], *, with_default: frozenset[str], keeps_absent: bool, required: Sequence[str]
    ) -> None:
        self._taken = taken
        self._required = required
        self._with_default = frozenset(taken) if keeps_absent else with_default
        self._shapes: dict[tuple[str, ...], _Shape] = {}

    def arrange(self, rows: Iterable[tuple[int, NamedRow]]) -> tuple[Sequence[Block], Mapping[int, str]]:
        """Return rows in blocks, and what is wrong with those that no statement could take. Both know rows by their indexes."""
        wrong: dict[int, str] = {}
        found: list[tuple[int, _Shape, Values]] = []
        shape, keys = None, None
        for index, row in rows:  # a row costs a microsecond here
            if shape is None or tuple(row) != keys:
                keys = tuple(row)
                shape = self._shape_of(keys)
                if shape is None:
                    wrong[index] = self._problem_of(keys)
                    continue
            values = tuple(row.values())
            checks = shape.checks.get(tuple(map(type, values)))
            if checks is None or (checks and any(check(values[place]) for place, check in checks)):
                problem = shape.problem_of(values)
                if problem:
                    wrong[index] = problem
                    continue
            found.append((index, shape, values))
        return list(self._blocks(found)), wrong

    def _shape_of(self, keys: tuple[str, ...]) -> _Shape | None:
        """Return what is known of rows with these keys; None if there can be none."""
        shape = self._shapes.get(keys)
        if shape is None and keys and self._taken.keys() >= set(keys) >= set(self._required):
            if len(self._shapes) >= MOST_SHAPES:
                self._shapes.clear()
            shape = self._shapes[keys] = _Shape(keys, self._taken, self._required)
        return shape

    def _blocks(self, found: Sequence[tuple[int, _Shape, Values]]) -> Iterator[Block]:
        shapes = {id(shape): shape for _, shape, _ in found}
        if len(shapes) <= 1:
            if found:
                yield Block(found[0][1].keys, [index for index, _, _ in found], [values for _, _, values in found])
            return
        present = set().union(*(shape.keys for shape in shapes.values()))
        filled = [name for name in self._taken if name in present and name not in self._with_default]
        columns_of = {
            key: (*filled, *(name for name in self._taken if name in shape.keys and name in self._with_default))
            for key, shape in shapes.items()
        }
        columns: tuple[str, ...] = ()
        indexes: list[int] = []
        rows: list[Values] = []
        for index, shape, values in found:
            if columns_of[id(shape)] != columns and rows:
                yield Block(columns, indexes, rows)
                indexes, rows = [], []
            columns = columns_of[id(shape)]
            by_name = dict(zip(shape.keys, values, strict=True))
            indexes.append(index)
            rows.append(tuple(map(by_name.get, columns)))
        yield Block(columns, indexes, rows)

    def _problem_of(self, keys: Sequence[object]) -> str:
        unknown = next((key for key in keys if key not in self._taken), None)
        if unknown is not None:
            hint = did_you_mean(unknown, list(self._taken)) if isinstance(unknown, str) else ""
            return f"The table has no column {unknown!r}.{hint} It has {', '.join(self._taken)}."
        missing = next((name for name in self._required if name not in keys), None)
        return f"The row has no {missing!r}, which is in the key." if missing else "The row has no columns."
