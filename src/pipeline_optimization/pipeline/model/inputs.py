"""Where elements come from: what the parent hands out in parts, and how a worker makes elements of a part."""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from itertools import count, islice, pairwise
from pathlib import Path
from typing import Any, Literal, Protocol, cast

from attrs import frozen

from pipeline_optimization.errors import InputError, OptionError
from pipeline_optimization.pipeline.model.elements import ElementPath
from pipeline_optimization.sources import FileRange, FileSource, Source, is_plain_file, read_chunks
from pipeline_optimization.sources.lines import LineNumbers, cut_lines, open_utf8, read_line_range, split_lines

__all__ = ["Chunks", "Files", "Input", "Lines", "Part", "Records", "Values", "record_of"]

Form = Literal["csv", "tsv", "jsonl"]

TOGETHER = 1000
"""Values, rows or files in one part."""

SPLIT = 16
"""Parts that a part is split into whose worker died."""


@frozen(kw_only=True)
class Part:
    """What one bundle begins with. ``data`` says it all to a worker, and ``name`` tells it from all other parts.

    ``size`` is how many bytes it keeps in this process's memory, and ``place`` says for people where it comes from.
    """

    name: str
    data: bytes
    size: int
    place: str


class Input(Protocol):
    """A kind of input."""

    @property
    def task(self) -> str:
        """Return what reports call the reading of its parts."""
        ...

    def parts(self, given: Iterable[Any], chunk_size: int, *, encoding: str, inline: bool) -> Iterator[Part]:
        """Yield the parts of what was given: sources, or values. ``inline``: workers cannot read this machine's files."""
        ...

    def read(self, data: bytes) -> Iterable[tuple[ElementPath, Any]]:
        """Return a part's elements. Raises InputError where its source cannot be read."""
        ...

    def split(self, data: bytes) -> Sequence[tuple[ElementPath, bytes]]:
        """Return a part's data as several parts', each with who its first element is, or nothing where it has one element."""
        ...

    def content(self, data: bytes) -> bytes:
        """Return a part's data without what may differ in a later run over the same input."""
        ...

    def place(self, given: Sequence[str], path: ElementPath, data: bytes, lines: LineNumbers) -> str:
        """Say for people where an element of a part comes from; ``given`` are the names of the sources."""
        ...


@frozen
class Lines:
    """The lines of texts. Those of plain files are read by workers, in ranges."""

    task: str = "lines"

    def parts(self, given: Iterable[Any], chunk_size: int, *, encoding: str, inline: bool) -> Iterator[Part]:
        for number, source in enumerate(given):
            yield from _line_parts(number, source, chunk_size, encoding=encoding, inline=inline)

    def content(self, data: bytes) -> bytes:
        return _content(data)

    def place(self, given: Sequence[str], path: ElementPath, data: bytes, lines: LineNumbers) -> str:
        number, start = path[:2]
        kind, _, *rest = pickle.loads(data)
        try:
            if kind == "range":
                line = lines.number_of(given[number], start)
            else:
                before, lines_before, piece = rest
                line = lines_before + piece[: start - before].count(b"\n") + 1
        except InputError:
            return f"{given[number]}, byte {start:,}"
        return f"{given[number]}, line {line:,}"

    def read(self, data: bytes) -> Iterator[tuple[ElementPath, str]]:
        number, before, piece = _piece(data)
        return (((number, start), line.decode("utf-8", "replace")) for start, line in split_lines(before, piece))

    def split(self, data: bytes) -> Sequence[tuple[ElementPath, bytes]]:
        kind, number, *rest = pickle.loads(data)
        if kind == "range":
            part, size = FileRange(*rest[0]), rest[1]
            borders = [*range(part.start, part.stop, -(-part.size // SPLIT)), part.stop]
            pieces = [
                ((number, start), pickle.dumps((kind, number, tuple(part._replace(start=start, stop=stop)), size)))
                for start, stop in pairwise(borders)
            ]
        else:
            before, lines, text = rest
            starts = [start for start, _ in split_lines(before, text)]
            step = -(-len(starts) // SPLIT)
            borders = [*starts[::step], before + len(text)]
            pieces = [
                ((number, start), pickle.dumps((kind, number, start, lines + at, text[start - before : stop - before])))
                for at, (start, stop) in zip(count(0, step), pairwise(borders), strict=False)
            ]
        return pieces if len(pieces) > 1 else ()


@frozen
class Records:
    """Records of CSV, TSV or JSON lines, by ``form`` or by the suffix of each source's name.

    JSON lines are read as ``Lines`` are. Rows of CSV are read here, since a quoted line end does not end a row.
    """

    form: Form | None = None
    task: str = "records"

    def parts(self, given: Iterable[Any], chunk_size: int, *, encoding: str, inline: bool) -> Iterator[Part]:
        for number, source in enumerate(given):
            form = self.form or _form_of(source.name)
            if form == "jsonl":
                yield from _line_parts(number, source, chunk_size, encoding=encoding, inline=inline)
            else:
                yield from self._rows(number, source, "," if form == "csv" else "\t", encoding)

    def content(self, data: bytes) -> bytes:
        return _content(data)

    def place(self, given: Sequence[str], path: ElementPath, data: bytes, lines: LineNumbers) -> str:
        is_rows = (self.form or _form_of(given[path[0]])) != "jsonl"
        return f"{given[path[0]]}, record {path[1]:,}" if is_rows else Lines().place(given, path, data, lines)

    def read(self, data: bytes) -> Iterable[tuple[ElementPath, Any]]:
        kind = pickle.loads(data)[0]
        return _values_of(data) if kind == "values" else Lines().read(data)

    def split(self, data: bytes) -> Sequence[tuple[ElementPath, bytes]]:
        kind = pickle.loads(data)[0]
        return _split_values(data) if kind == "values" else Lines().split(data)

    @staticmethod
    def _rows(number: int, source: Source, delimiter: str, encoding: str) -> Iterator[Part]:
        import csv  # noqa: PLC0415 - for such files only
        import io  # noqa: PLC0415

        with closing(open_utf8(source, encoding)) as stream:
            text = io.TextIOWrapper(stream, "utf-8", "replace", newline="")
            reader = csv.reader(text, delimiter=delimiter, strict=True)
            try:
                header = next(reader, [])
                rows = ((header, row) for row in reader if row)
                yield from _together(number, enumerate(rows, start=1), f"{source.name}, rows")
            except csv.Error as error:
                raise InputError(
                    f"{source.name!r} is no CSV at line {reader.line_num:,}: {error}. Mend that line, or read it with lines().",
                    source=source.name,
                ) from error


def record_of(value: str | tuple[Sequence[str], Sequence[str]]) -> dict[str, Any]:
    """Make a record of what a part has: a line of JSON, or the header and the fields of a row.

    Raises ValueError where it is none.
    """
    if isinstance(value, str):
        import json  # noqa: PLC0415 - for such files only

        record = json.loads(value)
        if not isinstance(record, dict):
            raise ValueError(f"the line is no JSON object but {type(record).__name__}")
        return record
    header, row = value
    if len(header) != len(row):
        raise ValueError(f"the row has {len(row)} fields, where the header has {len(header)}")
    return dict(zip(header, row, strict=True))


@frozen
class Files:
    """Files, unread."""

    task: str = "files"

    def parts(self, given: Iterable[Any], chunk_size: int, *, encoding: str, inline: bool) -> Iterator[Part]:
        for number, source in enumerate(given):
            if not isinstance(source, FileSource):
                raise InputError(f"files() takes files, and {source.name!r} is none.", source=source.name)
            yield Part(
                name=str(number),
                data=pickle.dumps(("values", [((number, 0), Path(source.path))])),
                size=100,
                place=source.name,
            )

    def content(self, data: bytes) -> bytes:
        return data

    def place(self, given: Sequence[str], path: ElementPath, data: bytes, lines: LineNumbers) -> str:
        return given[path[0]]

    def read(self, data: bytes) -> Iterable[tuple[ElementPath, Any]]:
        return _values_of(data)

    def split(self, data: bytes) -> Sequence[tuple[ElementPath, bytes]]:
        return _split_values(data)


@frozen
class Chunks:
    """Pieces of texts, cut at white space."""

    task: str = "chunks"

    def parts(self, given: Iterable[Any], chunk_size: int, *, encoding: str, inline: bool) -> Iterator[Part]:
        for number, source in enumerate(given):
            for place, chunk in enumerate(read_chunks(source, chunk_size, squeeze=None, encoding=encoding)):
                value = ((number, place), chunk.data.decode("utf-8", "replace"))
                data = pickle.dumps(("values", [value]))
                yield Part(
                    name=f"{number}:{place}", data=data, size=len(data), place=f"{source.name}, chunk {place + 1}"
                )

    def content(self, data: bytes) -> bytes:
        return data

    def place(self, given: Sequence[str], path: ElementPath, data: bytes, lines: LineNumbers) -> str:
        return f"{given[path[0]]}, chunk {path[1] + 1:,}"

    def read(self, data: bytes) -> Iterable[tuple[ElementPath, Any]]:
        return _values_of(data)

    def split(self, data: bytes) -> Sequence[tuple[ElementPath, bytes]]:
        return _split_values(data)


@frozen
class Values:
    """The values of an iterable, which is read as the run goes on."""

    task: str = "values"

    def parts(self, given: Iterable[Any], chunk_size: int, *, encoding: str, inline: bool) -> Iterator[Part]:
        return _together(0, enumerate(given), "values")

    def content(self, data: bytes) -> bytes:
        return data

    def place(self, given: Sequence[str], path: ElementPath, data: bytes, lines: LineNumbers) -> str:
        return f"value {path[1] + 1:,}"

    def read(self, data: bytes) -> Iterable[tuple[ElementPath, Any]]:
        return _values_of(data)

    def split(self, data: bytes) -> Sequence[tuple[ElementPath, bytes]]:
        return _split_values(data)


def _line_parts(number: int, source: Source, chunk_size: int, *, encoding: str, inline: bool) -> Iterator[Part]:
    size, state = (
        source.plain_facts() if isinstance(source, FileSource) and encoding == "utf-8" and not inline else (None, 0)
    )
    if size is None or not is_plain_file(source.name, size, state):
        lines = 0
        for before, piece in cut_lines(source, chunk_size, encoding):
            data = pickle.dumps(("piece", number, before, lines, piece), pickle.HIGHEST_PROTOCOL)
            lines += piece.count(b"\n")
            yield Part(
                name=f"{number}:{before}",
                data=data,
                size=len(piece),
                place=f"{source.name}, from line {lines:,}",
            )
        return
    for start in range(0, size, chunk_size):
        part = FileRange(source.name, start, min(size, start + chunk_size), state)
        yield Part(
            name=f"{number}:{start}",
            data=pickle.dumps(("range", number, tuple(part), size)),
            size=part.size,
            place=f"{source.name}, bytes {part.start:,} to {part.stop:,}",
        )


def _piece(data: bytes) -> tuple[int, int, bytes]:
    kind, number, *rest = pickle.loads(data)
    if kind == "range":
        return (number, *read_line_range(FileRange(*rest[0]), rest[1]))
    before, _, piece = rest
    return number, before, piece


def _content(data: bytes) -> bytes:
    kind, *rest = pickle.loads(data)
    if kind != "range":
        return data
    number, part, size = rest
    return repr((number, part[:3], size)).encode("utf-8", "surrogatepass")


def _together(number: int, values: Iterable[tuple[int, Any]], what: str) -> Iterator[Part]:
    iterator = iter(values)
    for part in count():
        members = [((number, place), value) for place, value in islice(iterator, TOGETHER)]
        if not members:
            return
        first, last = members[0][0][1], members[-1][0][1]
        try:
            data = pickle.dumps(("values", members), pickle.HIGHEST_PROTOCOL)
        except Exception as error:
            raise OptionError(
                f"Some of the {what} {first:,} to {last:,} cannot be sent to workers: {error}."
            ) from error
        yield Part(name=f"{number}:{part}", data=data, size=len(data), place=f"{what} {first:,} to {last:,}")


def _values_of(data: bytes) -> Iterable[tuple[ElementPath, Any]]:
    _, members = pickle.loads(data)
    return cast("Iterable[tuple[ElementPath, Any]]", members)


def _split_values(data: bytes) -> Sequence[tuple[ElementPath, bytes]]:
    kind, members = pickle.loads(data)
    step = -(-len(members) // SPLIT)
    groups = [members[at : at + step] for at in range(0, len(members), step)]
    return [(group[0][0], pickle.dumps((kind, group))) for group in groups] if len(groups) > 1 else ()


def _form_of(name: str) -> Form:
    suffix = Path(name.removesuffix(".gz").removesuffix(".bz2").removesuffix(".xz").removesuffix(".zst")).suffix.lower()
    forms: dict[str, Form] = {".csv": "csv", ".tsv": "tsv", ".jsonl": "jsonl", ".ndjson": "jsonl"}
    if suffix not in forms:
        raise OptionError(
            f"Nothing tells how {name!r} holds records. Say so, as in records('csv'); known are csv, tsv and jsonl."
        )
    return forms[suffix]
