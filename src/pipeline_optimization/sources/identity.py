"""The identity of an input, found with few reads."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import TYPE_CHECKING

from pipeline_optimization.plural import counted
from pipeline_optimization.sources.failure import unreadable
from pipeline_optimization.sources.file import FileSource
from pipeline_optimization.sources.source import Source, TextSource, as_url

if TYPE_CHECKING:
    from pipeline_optimization.sources.url import UrlSource

__all__ = ["identify", "name_of_time"]

MAX_SAMPLED = 100
"""Up to this many inputs are identified one by one, by their content too."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

SAMPLES = 32
SAMPLE_BYTES = 4096


def identify(sources: Sequence[Source]) -> Mapping[str, str]:
    """Return what the inputs are, by name. For a file, that is its size and a digest of samples.

    A file of up to 128 KiB is sampled completely, so only its content decides. Of a larger file, the modification time is a fact of its own. Of more
    than 100 inputs, only names, sizes and times are used, as one digest. Of a URL whose parts are read where they are counted, its file system's name
    for the version is used. Of a stream or any other URL, only the name is used; its chunks are compared when they are read again. Raises InputError
    if a file cannot be read.
    """
    if len(sources) <= MAX_SAMPLED:
        facts: dict[str, str] = {}
        for number, source in enumerate(sources, start=1):
            facts |= _facts(number, source)
        return facts
    digest, times = blake2b(digest_size=16), blake2b(digest_size=16)
    for source in sources:
        state = os.stat(source.path) if isinstance(source, FileSource) else None
        size, modified = (state.st_size, state.st_mtime_ns) if state else (0, 0)
        url = as_url(source)
        name = source.name if url is None else _describe_url(url)
        digest.update(f"{name}\x1f{size}\x1e".encode("utf-8", "surrogatepass"))
        times.update(f"{modified}\x1e".encode())
    return {
        "the input": f"{len(sources):,} files with the digest {digest.hexdigest()} of their names and sizes",
        "the digest of the files' modification times": times.hexdigest(),
    }


def name_of_time(number: int, source: FileSource) -> str:
    """Return the name, for people, of the modification time of the file that is input ``number``."""
    return f"the modification time of input {number} ({source.name!r})"


def _facts(number: int, source: Source) -> Mapping[str, str]:
    what = f"input {number}"
    if isinstance(source, FileSource) and os.path.isfile(source.path):
        try:
            state, digest = _sampled(source.path)
        except OSError as error:
            raise unreadable(source.name, error) from error
        described = {what: f"{source.name!r}, {counted(state.st_size, 'byte')}, digest {digest}"}
        if state.st_size > SAMPLES * SAMPLE_BYTES:
            described[name_of_time(number, source)] = _in_words(state.st_mtime_ns)
        return described
    return {what: _describe(source)}


def _in_words(nanoseconds: int) -> str:
    seconds, rest = divmod(nanoseconds, 10**9)
    moment = EPOCH + timedelta(seconds=seconds)
    return f"{moment:%Y-%m-%d %H:%M:%S}.{rest:09d} UTC"


def _describe(source: Source) -> str:
    if isinstance(source, TextSource):
        text = source.text.encode("utf-8", "surrogatepass")
        return f"a text of {len(text)} bytes, digest {blake2b(text, digest_size=16).hexdigest()}"
    url = as_url(source)
    return repr(source.name) if url is None else _describe_url(url)


def _describe_url(source: UrlSource) -> str:
    version = source.version()
    return repr(source.name) if version is None else f"{source.name!r}, {version}"


def _sampled(path: str) -> tuple[os.stat_result, str]:
    """Return the facts of a file and a digest of samples, which cover all of a file of up to 128 KiB."""
    digest = blake2b(digest_size=16)
    with open(path, "rb", buffering=0) as file:
        facts = os.fstat(file.fileno())
        for number in range(SAMPLES):
            file.seek(max(0, facts.st_size - SAMPLE_BYTES) * number // (SAMPLES - 1))
            digest.update(file.read(SAMPLE_BYTES))
    return facts, digest.hexdigest()
