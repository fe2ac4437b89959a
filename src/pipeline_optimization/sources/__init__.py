"""Turn what the user names as input into byte chunks cut at white space, in bounded memory.

::

    for source in expand_inputs(["book.txt", "data/**/*.gz", "-"]):
        for chunk in read_chunks(source, 1 << 20, squeeze=tokenizer_filter):
            count(chunk.data)

Whatever cannot be read is an ``InputError`` that names the source; what can be known before any work is
raised by ``expand_inputs``.
"""

from pipeline_optimization.sources.chunking import Chunk, read_chunks
from pipeline_optimization.sources.encoding import UTF_8, check_encoding, decode_marked
from pipeline_optimization.sources.expansion import expand_inputs
from pipeline_optimization.sources.file import FileSource
from pipeline_optimization.sources.file_state import UNKNOWN, is_same_state
from pipeline_optimization.sources.guiding import Guide
from pipeline_optimization.sources.identity import identify, name_of_time
from pipeline_optimization.sources.overwriting import checkpoint_files, overwritten
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
from pipeline_optimization.sources.size import least_bytes
from pipeline_optimization.sources.source import Source, StreamSource, TextSource
from pipeline_optimization.sources.squeezing import MAX_WORD_BYTES
from pipeline_optimization.sources.url import UrlSource, is_url

__all__ = [
    "FIRST_BYTES",
    "MAX_WORD_BYTES",
    "UNKNOWN",
    "UTF_8",
    "Chunk",
    "FileRange",
    "FileSource",
    "Guide",
    "Source",
    "StreamSource",
    "TextSource",
    "UrlSource",
    "check_encoding",
    "checkpoint_files",
    "cut_file",
    "cut_range",
    "decode_marked",
    "expand_inputs",
    "identify",
    "is_plain",
    "is_plain_file",
    "is_same_state",
    "is_url",
    "least_bytes",
    "name_of_time",
    "overwritten",
    "read_chunks",
    "read_ranges",
    "total_size",
]
