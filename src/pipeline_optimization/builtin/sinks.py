"""The sinks ``ndjson``, ``csv``, ``json`` and ``parquet``: files of rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from attrs import frozen

from pipeline_optimization.errors import OptionError
from pipeline_optimization.types import Sink, option

if TYPE_CHECKING:
    from pipeline_optimization.sinks.forms import Form

__all__ = ["FileOptions", "make_csv", "make_json", "make_ndjson", "make_parquet"]


@frozen(kw_only=True)
class FileOptions:
    """The options of a file of rows."""

    path: str = option("", help="the file that is written", is_argument=True)


def make_ndjson(options: FileOptions) -> Sink:
    """Make the sink that writes a line of JSON for each row."""
    from pipeline_optimization.sinks.forms import JsonLines  # noqa: PLC0415 - for runs with a sink only

    return _file(options, JsonLines)


def make_csv(options: FileOptions) -> Sink:
    """Make the sink that writes comma-separated values, with a header if rows are records."""
    from pipeline_optimization.sinks.forms import Csv  # noqa: PLC0415 - as above

    return _file(options, Csv)


def make_json(options: FileOptions) -> Sink:
    """Make the sink that writes one JSON array."""
    from pipeline_optimization.sinks.forms import JsonArray  # noqa: PLC0415 - as above

    return _file(options, JsonArray)


def make_parquet(options: FileOptions) -> Sink:
    """Make the sink that writes a Parquet file."""
    _check_path(options)
    from pipeline_optimization.sinks.parquet import ParquetSink  # noqa: PLC0415 - as above

    return ParquetSink(options.path)


def _check_path(options: FileOptions) -> None:
    if not options.path:
        raise OptionError("A sink that is a file needs its path: --output FILE, or --sink ndjson:FILE.")


def _file(options: FileOptions, form: Callable[[], Form]) -> Sink:
    _check_path(options)
    from pipeline_optimization.sinks.file import FileSink  # noqa: PLC0415 - as above

    return FileSink(options.path, form)
