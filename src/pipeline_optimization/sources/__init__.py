"""Turn the user's input into byte chunks that are cut at white space, in bounded memory.

::

    for source in expand_inputs(["book.txt", "data/**/*.gz", "-"]):
        for chunk in read_chunks(source, 1 << 20, squeeze=without_marks):
            count(chunk.data)

If an input cannot be read, the ``InputError`` names its source. If that can be known before any work, ``expand_inputs`` raises it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from pipeline_optimization.sources.chunking import Chunk, read_chunks
from pipeline_optimization.sources.encoding import UTF_8, check_encoding, decode_marked
from pipeline_optimization.sources.source import (
    Countable,
    Source,
    StreamSource,
    TextSource,
    address_of,
    is_file_name,
    least_bytes,
    sources_of,
)
from pipeline_optimization.sources.squeezing import MAX_WORD_BYTES

if TYPE_CHECKING:
    from pipeline_optimization.sources.expansion import expand_inputs
    from pipeline_optimization.sources.file import FileSource
    from pipeline_optimization.sources.file_state import UNKNOWN, is_same_state
    from pipeline_optimization.sources.identity import identify, name_of_time
    from pipeline_optimization.sources.overwriting import checkpoint_files, first_same, overwritten
    from pipeline_optimization.sources.range_sizes import RangeSizes
    from pipeline_optimization.sources.ranges import (
        FIRST_BYTES,
        FileRange,
        cut_file,
        cut_range,
        is_plain,
        is_plain_file,
        read_ranges,
        total_size,
    )
    from pipeline_optimization.sources.url import UrlSource
    from pipeline_optimization.sources.url_scheme import is_url

__all__ = [
    "FIRST_BYTES",
    "MAX_WORD_BYTES",
    "UNKNOWN",
    "UTF_8",
    "Chunk",
    "Countable",
    "FileRange",
    "FileSource",
    "RangeSizes",
    "Source",
    "StreamSource",
    "TextSource",
    "UrlSource",
    "address_of",
    "check_encoding",
    "checkpoint_files",
    "cut_file",
    "cut_range",
    "decode_marked",
    "expand_inputs",
    "first_same",
    "identify",
    "is_file_name",
    "is_plain",
    "is_plain_file",
    "is_same_state",
    "is_url",
    "least_bytes",
    "name_of_time",
    "overwritten",
    "read_chunks",
    "read_ranges",
    "sources_of",
    "total_size",
]

_HOME = {
    "expand_inputs": "expansion",
    "FileSource": "file",
    "UNKNOWN": "file_state",
    "is_same_state": "file_state",
    "RangeSizes": "range_sizes",
    "identify": "identity",
    "name_of_time": "identity",
    "checkpoint_files": "overwriting",
    "first_same": "overwriting",
    "overwritten": "overwriting",
    "FIRST_BYTES": "ranges",
    "FileRange": "ranges",
    "cut_file": "ranges",
    "cut_range": "ranges",
    "is_plain": "ranges",
    "is_plain_file": "ranges",
    "read_ranges": "ranges",
    "total_size": "ranges",
    "UrlSource": "url",
    "is_url": "url_scheme",
}
"""The modules of names that a text in memory does not need."""


def __getattr__(name: str) -> object:
    """Import a name when it is first used. What reads files and URLs is half of this package, and a short text needs none of it."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    return found
