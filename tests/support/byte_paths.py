"""What fuzzers feed: bytes in, the counts of the project and of the oracle out, whatever the bytes are."""

from __future__ import annotations

import atexit
import io
import tempfile
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

import oracle
from pipeline_optimization.builtin.lexicons import FileLexicon, FileLexiconOptions
from pipeline_optimization.builtin.signatures import letters_signature
from pipeline_optimization.builtin.tokenizers import ExerciseTokenizer
from pipeline_optimization.counting.index import AnagramIndex, build_index
from pipeline_optimization.counting.kernel import ExerciseKernel
from pipeline_optimization.counting.totals import Totals
from pipeline_optimization.errors import InputError
from pipeline_optimization.sources import FileSource, StreamSource, cut_file, is_plain, read_chunks, read_ranges
from pipeline_optimization.sources.chunking import Chunk
from pipeline_optimization.types import NoOptions

WORDS = ("a", "i", "at", "act", "cat", "tac", "dog", "god", "stop", "post", "spot", "ill", "tea")


@cache
def _scratch() -> Path:
    directory = tempfile.TemporaryDirectory()
    atexit.register(directory.cleanup)
    return Path(directory.name)


@cache
def _index() -> AnagramIndex:
    path = _scratch() / "words.txt"
    path.write_text("\n".join(WORDS))
    return build_index(FileLexicon(FileLexiconOptions(path=str(path))), letters_signature, "fuzz")[0]


def squeeze() -> Callable[[str], str]:
    return ExerciseTokenizer(NoOptions()).filter


def counts_of(chunks: Iterable[Chunk]) -> dict[str, int]:
    totals, kernel = Totals(), ExerciseKernel(_index(), ExerciseTokenizer(NoOptions()))
    for chunk in chunks:
        totals.add(kernel.count(chunk.data))
    return totals.anagram_counts(_index())


def check_bytes(data: bytes, chunk_size: int) -> None:
    """Count bytes as a stream and as ranges of a file, and compare both with the oracle.

    What says by its first bytes that it is compressed, or in another encoding than UTF-8, is no text to the oracle.
    """
    if not is_plain(data):
        check_marked_bytes(data, chunk_size)
        return
    text = data.decode("utf-8", "replace").removeprefix("\ufeff")
    expected = oracle.count(text, WORDS)
    stream = StreamSource(io.BytesIO(data), name="fuzz")
    found = counts_of(read_chunks(stream, chunk_size, squeeze=squeeze()))
    assert found == expected, (data, chunk_size, "stream")
    path = _scratch() / "input"
    path.write_bytes(data)
    if data:
        parts = list(cut_file(str(path), len(data), chunk_size))
        ranges = [chunk for part in parts for chunk in read_ranges([part], chunk_size, squeeze())]
        assert counts_of(ranges) == expected, (data, chunk_size, "ranges")


def check_marked_bytes(data: bytes, chunk_size: int) -> None:
    """Count such bytes as a stream and as a file: both have the same counts, or the same error, which is no traceback."""
    path = _scratch() / "marked"
    path.write_bytes(data)
    outcomes = []
    for source in (StreamSource(io.BytesIO(data), name=str(path)), FileSource(str(path))):
        try:
            outcomes.append(str(counts_of(read_chunks(source, chunk_size, squeeze=squeeze()))))
        except InputError as error:
            outcomes.append(str(error))
    assert outcomes[0] == outcomes[1], (data, chunk_size)
