"""How large an input is, as far as that can be known without reading it."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence

from pipeline_optimization.errors import InputError
from pipeline_optimization.sources.source import Source, StreamSource, TextSource

__all__ = ["least_bytes"]


def least_bytes(sources: Sequence[Source]) -> int:
    """Return how many bytes the sources hold at least: 0 for one of unknown size, such as a pipe or a web page.

    A compressed file counts with its compressed size.
    """
    texts = [len(source.text) for source in sources if isinstance(source, TextSource)]
    if len(texts) == len(sources):
        return sum(texts)
    from pipeline_optimization.sources.file import FileSource  # noqa: PLC0415 - a text needs neither
    from pipeline_optimization.sources.url import UrlSource  # noqa: PLC0415 - as above

    def least(source: Source) -> int:
        try:
            if isinstance(source, FileSource):  # first, as there may be very many
                return source.least_size()
            if isinstance(source, TextSource):
                return len(source.text)
            if isinstance(source, UrlSource):
                return source.plain_size() or 0
            if isinstance(source, StreamSource):
                facts = os.fstat(source.stream.fileno())
                return facts.st_size if stat.S_ISREG(facts.st_mode) else 0
        except (InputError, OSError, ValueError, AttributeError):  # it has no file, or reading will tell what is wrong
            pass
        return 0

    return sum(map(least, sources))
