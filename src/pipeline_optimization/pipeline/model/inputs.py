"""The inputs of pipelines. Each kind of input cuts what the user gave into parts, and names the place of an element for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Literal, Protocol

from attrs import evolve, frozen

from pipeline_optimization.errors import InputError, OptionError
from pipeline_optimization.pipeline.model.batch import Batch
from pipeline_optimization.pipeline.model.contents import Contents, Members
from pipeline_optimization.pipeline.model.elements import ElementPath
from pipeline_optimization.pipeline.model.parts import Number, Part, all_together, line_parts, together
from pipeline_optimization.sources import FileSource, Source, read_chunks
from pipeline_optimization.sources.lines import CheckedStream, LineNumbers, open_utf8
from pipeline_optimization.tasks.task_decorator import task

__all__ = ["Chunks", "Files", "Input", "Lines", "Records", "Values", "record_of"]

Form = Literal["csv", "tsv", "jsonl"]

Places = Callable[[ElementPath], str]


class Input(Protocol):
    """A kind of input."""

    @property
    def task(self) -> str:
        """Return the task's name in reports for reading its parts."""
        ...

    def parts(
        self, given: Iterable[Any], chunk_size: int, *, encoding: str, inline: bool, at_once: Number = all_together
    ) -> Iterator[Part]:
        """Yield the parts of what was given.

        Args:
            given: Sources, or values.
            chunk_size: Bytes of a part, about.
            encoding: The encoding of the sources.
            inline: Whether parts must contain their text, because workers cannot read this machine's files.
            at_once: Returns how many values to put into the next part. It is asked for values only, of which no checkpoint must find the same parts again.
        """
        ...

    def select(self, elements: Batch) -> Batch:
        """Return those of the elements of a part that steps get."""
        ...

    def places(self, names: Sequence[str], contents: Contents, numbers: LineNumbers) -> Places:
        """Return a function that names the place of an element for people.

        Args:
            names: The names of the sources.
            contents: The part that the elements are in.
            numbers: Finds the number of a line by its first byte.
        """
        ...


@frozen
class Lines:
    """The lines of texts. Workers read those of plain files themselves, in ranges."""

    task: str = "lines"

    def parts(
        self, given: Iterable[Any], chunk_size: int, *, encoding: str, inline: bool, at_once: Number = all_together
    ) -> Iterator[Part]:
        for number, source in enumerate(given):
            yield from line_parts(number, source, chunk_size, encoding=encoding, inline=inline)

    def select(self, elements: Batch) -> Batch:
        return elements

    def places(self, names: Sequence[str], contents: Contents, numbers: LineNumbers) -> Places:
        lines: dict[int, Callable[[int], str]] = {}

        def place(path: ElementPath) -> str:
            number, start = path[:2]
            if number not in lines:
                lines[number] = contents.lines(names[number], numbers)
            return f"{names[number]}, {lines[number](start)}"

        return place


@frozen
class Records:
    """Records of CSV, TSV or JSON lines. The form is ``form``, or that of each source's suffix.

    JSON lines are read as ``Lines`` are, without blank ones. Rows of CSV are read in this process, because a line end between quotes does not end
    a row.
    """

    form: Form | None = None
    task: str = "records"

    def parts(
        self, given: Iterable[Any], chunk_size: int, *, encoding: str, inline: bool, at_once: Number = all_together
    ) -> Iterator[Part]:
        for number, source in enumerate(given):
            form = self.form or _form_of(source.name)
            if form == "jsonl":
                yield from line_parts(number, source, chunk_size, encoding=encoding, inline=inline)
            else:
                yield from self._rows(number, source, "," if form == "csv" else "\t", encoding)

    def select(self, elements: Batch) -> Batch:
        values = elements.values
        if not values or not isinstance(values[0], str) or all(map(str.strip, values)):
            return elements
        return elements.take([number for number, line in enumerate(values) if line.strip()])

    def places(self, names: Sequence[str], contents: Contents, numbers: LineNumbers) -> Places:
        if isinstance(contents, Members):
            return lambda path: f"{names[path[0]]}, record {path[1]:,}"
        return Lines().places(names, contents, numbers)

    @staticmethod
    def _rows(number: int, source: Source, delimiter: str, encoding: str) -> Iterator[Part]:
        import csv  # noqa: PLC0415 - for such files only
        import io  # noqa: PLC0415

        with closing(CheckedStream(open_utf8(source, encoding))) as stream:
            text = io.TextIOWrapper(stream, "utf-8", "replace", newline="")
            reader = csv.reader(text, delimiter=delimiter, strict=True)
            try:
                header = next(filter(None, reader), [])
                _check_header(header, source)
                rows = ((header, row) for row in reader if row)
                for part in together(number, rows, f"{source.name}, rows", first=1):
                    invalid, looks = stream.take_found()
                    yield evolve(part, invalid_bytes=invalid, looks=looks)
            except csv.Error as error:
                raise InputError(
                    f"{source.name!r} is no CSV at line {reader.line_num:,}: {error}. Mend that line, or read it with lines().",
                    source=source.name,
                ) from error


def _check_header(header: Sequence[str], source: Source) -> None:
    """Raise InputError if two columns have the same name, because a record would have only one of them."""
    twice = next((name for name, times in Counter(header).items() if times > 1), None)
    if twice is not None:
        raise InputError(
            f"The header of {source.name!r} names the column {twice!r} more than once. Give each column another name, or read the file with lines().",
            source=source.name,
        )


@task(permanent=(ValueError, RecursionError))  # what is no record is none at the next attempt either
def record_of(value: str | tuple[Sequence[str], Sequence[str]]) -> dict[str, Any]:
    """Make a record of a line of JSON, or of a header and the fields of a row.

    Raises ValueError if the line or the row is no record.
    """
    if isinstance(value, str):
        import json  # noqa: PLC0415 - for such files only

        record = json.loads(value)
        if not isinstance(record, dict):
            raise ValueError(f"the line is no JSON object but {type(record).__name__}")
        return record
    header, row = value
    if len(header) != len(row):
        raise ValueError(f"the row has {len(row)} fields, but the header has {len(header)}")
    return dict(zip(header, row, strict=True))


@frozen
class Files:
    """Files, unread."""

    task: str = "files"

    def parts(
        self, given: Iterable[Any], chunk_size: int, *, encoding: str, inline: bool, at_once: Number = all_together
    ) -> Iterator[Part]:
        for number, source in enumerate(given):
            if not isinstance(source, FileSource):
                raise InputError(
                    f"files() takes only paths of files, and {source.name!r} is not one.", source=source.name
                )
            contents = Members(number, 0, [Path(source.path)])
            yield Part(name=str(number), contents=contents, place=source.name)

    def select(self, elements: Batch) -> Batch:
        return elements

    def places(self, names: Sequence[str], contents: Contents, numbers: LineNumbers) -> Places:
        return lambda path: names[path[0]]


@frozen
class Chunks:
    """Pieces of texts, cut at white space."""

    task: str = "chunks"

    def parts(
        self, given: Iterable[Any], chunk_size: int, *, encoding: str, inline: bool, at_once: Number = all_together
    ) -> Iterator[Part]:
        for number, source in enumerate(given):
            for place, chunk in enumerate(read_chunks(source, chunk_size, squeeze=None, encoding=encoding)):
                contents = Members(number, place, [chunk.data.decode("utf-8", "replace")])
                yield Part(
                    name=f"{number}:{place}",
                    contents=contents,
                    size=len(chunk.data),
                    place=f"{source.name}, chunk {place + 1}",
                    invalid_bytes=chunk.invalid_bytes,
                    looks=chunk.looks,
                )

    def select(self, elements: Batch) -> Batch:
        return elements

    def places(self, names: Sequence[str], contents: Contents, numbers: LineNumbers) -> Places:
        return lambda path: f"{names[path[0]]}, chunk {path[1] + 1:,}"


@frozen
class Values:
    """The values of an iterable, which is read as the run goes on."""

    task: str = "values"

    def parts(
        self, given: Iterable[Any], chunk_size: int, *, encoding: str, inline: bool, at_once: Number = all_together
    ) -> Iterator[Part]:
        return together(0, given, "values", at_once=at_once)

    def select(self, elements: Batch) -> Batch:
        return elements

    def places(self, names: Sequence[str], contents: Contents, numbers: LineNumbers) -> Places:
        return lambda path: f"value {path[1] + 1:,}"


def _form_of(name: str) -> Form:
    suffix = Path(name.removesuffix(".gz").removesuffix(".bz2").removesuffix(".xz").removesuffix(".zst")).suffix.lower()
    forms: dict[str, Form] = {".csv": "csv", ".tsv": "tsv", ".jsonl": "jsonl", ".ndjson": "jsonl"}
    if suffix not in forms:
        raise OptionError(
            f"The suffix of {name!r} does not tell its form. Name the form, as in records('csv'): csv, tsv or jsonl."
        )
    return forms[suffix]
