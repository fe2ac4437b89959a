"""The sink ``parquet:FILE``. A Parquet file cannot be continued, so each delivery is a file of its own, and all are joined at the end.

The parts are in the directory ``FILE.partial``. A part is committed when it has its name, which is its number. The metadata of the file itself tells
its run and its last delivery. So a complete run can go on with the file as its first part.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from pipeline_optimization.errors import OptionError, RefusedRowsError
from pipeline_optimization.output import end_of_links, take_place
from pipeline_optimization.registry.installing import how_to_add
from pipeline_optimization.sinks.forms import misfit
from pipeline_optimization.sinks.journal import sync_directory
from pipeline_optimization.sinks.names import PARTIAL, files_of
from pipeline_optimization.sinks.place import check_place, explained
from pipeline_optimization.types import Row

__all__ = ["ParquetSink"]

RUN, NUMBER = b"pipeline-optimization.run", b"pipeline-optimization.delivery"
"""Keys of a file's metadata."""

BASE = 0
"""The number of the part that is the file itself, if a complete run goes on."""


class ParquetSink:
    """Writes records into a Parquet file. The first delivery decides on the columns."""

    def __init__(self, path: str) -> None:
        try:
            self._arrow: Any = import_module("pyarrow")
            self._parquet: Any = import_module("pyarrow.parquet")
        except ImportError as error:
            raise OptionError(
                f"Writing {path!r} needs pyarrow: {how_to_add('parquet')}. Or name a .ndjson or .csv file."
            ) from error
        self._name = path
        self._target = end_of_links(Path(path))
        self._parts = self._target.with_name(f"{self._target.name}{PARTIAL}")
        self._run: str | None = None
        self._last = 0
        self._schema: Any = None
        self._is_begun = False

    @property
    def files(self) -> Sequence[str]:
        """Return the files that may be written."""
        return files_of(str(self._target))

    def open(self, run: str | None) -> int:
        with explained(self._name, self._arrow.ArrowException):
            check_place(self._target, self._name)
            self._run, self._last, self._schema, self._is_begun = run, 0, None, False
            if run is None:
                return 0
            numbers = self._numbers() if self._run_of_parts() == run else []
            of_parts = max([*numbers, self._number_of(self._part(BASE)) if BASE in numbers else 0], default=0)
            of_file = self._number_of(self._target)
            self._last = max(of_parts, of_file)
            self._is_begun = of_parts > of_file
            if self._last:
                self._schema = self._parquet.read_schema(self._part(numbers[0]) if self._is_begun else self._target)
                self._schema = self._schema.remove_metadata()
            return self._last

    def deliver(self, number: int, rows: Sequence[Row]) -> None:
        if number <= self._last:
            return
        table = self._table(rows)
        with explained(self._name, self._arrow.ArrowException):
            self._begin()
            beside = self._parts / "next"
            self._write(beside, table.schema, [table])
            os.replace(beside, self._part(number))
            sync_directory(self._parts)
        self._schema, self._last = table.schema, number

    def close(self, *, is_complete: bool) -> None:
        with explained(self._name, self._arrow.ArrowException):
            if not is_complete:
                return
            if self._last and not self._is_begun:  # the file is whole already
                if self._run_of_parts() == self._run:  # the file was joined from these parts
                    shutil.rmtree(self._parts)
                return
            self._begin()
            schema = self._schema if self._schema is not None else self._arrow.schema([])
            facts = {} if self._run is None else {RUN: self._run.encode(), NUMBER: b"%d" % self._last}
            whole = self._parts / "whole"
            self._write(whole, schema.with_metadata(facts), self._groups())
            take_place(whole, self._target)
            sync_directory(self._target.parent)
            shutil.rmtree(self._parts)
            self._is_begun = False

    def _table(self, rows: Sequence[Row]) -> Any:
        """Return rows as a table. Raises RefusedRowsError that names all rows that do not fit."""
        names = (
            self._schema.names if self._schema is not None else list(rows[0]) if isinstance(rows[0], Mapping) else []
        )
        refused = {at: problem for at, row in enumerate(rows) if (problem := _problem(row, names))}
        if refused:
            raise RefusedRowsError(refused)
        try:
            return self._converted(rows, self._schema)
        except Exception:  # noqa: BLE001 - pyarrow raises many kinds
            schema, refused = self._schema, {}
        for at, row in enumerate(rows):
            try:
                table = self._converted([row], schema)
                schema = table.schema
            except Exception as error:  # noqa: BLE001 - as above
                refused[at] = " ".join(str(error).split()) or type(error).__name__
        if refused:
            raise RefusedRowsError(refused)
        return self._converted(rows, schema)

    def _converted(self, rows: Sequence[Row], schema: Any) -> Any:
        arrow = self._arrow
        if schema is not None:
            return arrow.Table.from_pylist(rows, schema=schema)
        table = arrow.Table.from_pylist(rows)
        fields = [one.with_type(arrow.string()) if arrow.types.is_null(one.type) else one for one in table.schema]
        return table.cast(arrow.schema(fields))

    def _begin(self) -> None:
        """Make the directory of parts. If a complete file goes on, move it there."""
        if self._is_begun:
            return
        if self._parts.is_dir():
            shutil.rmtree(self._parts)
        self._parts.unlink(missing_ok=True)
        self._parts.mkdir()
        with (self._parts / "run").open("w") as file:
            file.write(self._run or "")
            file.flush()
            os.fsync(file.fileno())
        sync_directory(self._parts.parent)
        if self._last:
            os.replace(self._target, self._part(BASE))
            sync_directory(self._parts)
        self._is_begun = True

    def _write(self, path: Path, schema: Any, tables: Iterator[Any] | Sequence[Any]) -> None:
        with path.open("wb") as file:
            with self._parquet.ParquetWriter(file, schema) as writer:
                for table in tables:
                    writer.write_table(table.cast(schema))
            file.flush()
            os.fsync(file.fileno())

    def _groups(self) -> Iterator[Any]:
        for number in self._numbers():
            part = self._parquet.ParquetFile(self._part(number))
            for group in range(part.num_row_groups):
                yield part.read_row_group(group)

    def _numbers(self) -> list[int]:
        return sorted(int(path.stem) for path in self._parts.glob("*.parquet"))

    def _part(self, number: int) -> Path:
        return self._parts / f"{number:010}.parquet"

    def _run_of_parts(self) -> str | None:
        try:
            return (self._parts / "run").read_text()
        except OSError:
            return None

    def _number_of(self, path: Path) -> int:
        """Return the number of the last delivery in a file of this run, or 0 for any other file."""
        try:
            metadata = self._parquet.read_schema(path).metadata or {}
        except (OSError, self._arrow.ArrowException):
            return 0
        is_ours = self._run is not None and metadata.get(RUN) == self._run.encode()
        return int(metadata[NUMBER]) if is_ours else 0


def _problem(row: object, names: Sequence[object]) -> str:
    """Return why a row does not fit the columns, as far as their names tell, or an empty text."""
    if isinstance(row, Mapping) and not (row and all(isinstance(name, str) for name in row)):
        return "its keys must be texts, and there must be one"
    return misfit(row, names)
