"""What tells an input from another, at the cost of a few reads."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from hashlib import blake2b

from pipeline_optimization.sources.failure import unreadable
from pipeline_optimization.sources.file import FileSource
from pipeline_optimization.sources.source import Source, TextSource
from pipeline_optimization.sources.url import UrlSource

__all__ = ["identify"]

MAX_SAMPLED = 100
"""Inputs that are told apart one by one, by their content too."""

SAMPLES = 32
SAMPLE_BYTES = 4096


def identify(sources: Sequence[Source]) -> Mapping[str, str]:
    """Return what the inputs are, by name: for a file size, modification time and a digest of samples.

    Of over 100 inputs only names, sizes and times are taken, as one digest. A URL tells what its file system calls the
    file's version, if its parts are read where they are counted. A stream or any other URL tells no more than its name:
    its chunks are compared when they are read again. Raises InputError where a file cannot be read.
    """
    if len(sources) <= MAX_SAMPLED:
        return {f"input {number}": _describe(source) for number, source in enumerate(sources, start=1)}
    digest = blake2b(digest_size=16)
    for source in sources:
        facts = os.stat(source.path) if isinstance(source, FileSource) else None
        size, modified = (facts.st_size, facts.st_mtime_ns) if facts else (0, 0)
        name = _describe_url(source) if isinstance(source, UrlSource) else source.name
        digest.update(f"{name}\x1f{size}\x1f{modified}\x1e".encode("utf-8", "surrogatepass"))
    return {"the input": f"{len(sources)} files, digest {digest.hexdigest()}"}


def _describe(source: Source) -> str:
    if isinstance(source, TextSource):
        text = source.text.encode("utf-8", "surrogatepass")
        return f"a text of {len(text)} bytes, digest {blake2b(text, digest_size=16).hexdigest()}"
    if isinstance(source, UrlSource):
        return _describe_url(source)
    name = repr(source.name)
    if isinstance(source, FileSource) and os.path.isfile(source.path):
        try:
            return f"{name}, {_sampled(source.path)}"
        except OSError as error:
            raise unreadable(source.name, error) from error
    return name


def _describe_url(source: UrlSource) -> str:
    version = source.version()
    return repr(source.name) if version is None else f"{source.name!r}, {version}"


def _sampled(path: str) -> str:
    digest = blake2b(digest_size=16)
    with open(path, "rb", buffering=0) as file:
        facts = os.fstat(file.fileno())
        for number in range(SAMPLES):
            file.seek(max(0, facts.st_size - SAMPLE_BYTES) * number // (SAMPLES - 1))
            digest.update(file.read(SAMPLE_BYTES))
    return f"{facts.st_size} bytes, modified {facts.st_mtime_ns} ns after 1970, samples {digest.hexdigest()}"
