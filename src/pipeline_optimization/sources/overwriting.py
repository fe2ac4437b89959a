"""Whether a file that is to be written is one that is read, by whatever name."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence

from pipeline_optimization.sources.file import FileSource
from pipeline_optimization.sources.source import Source, StreamSource
from pipeline_optimization.sources.url import UrlSource

__all__ = ["checkpoint_files", "overwritten"]


def checkpoint_files(path: str) -> Sequence[str]:
    """Return the files that SQLite writes for a checkpoint."""
    return [path, f"{path}-wal", f"{path}-shm", f"{path}-journal"]


def overwritten(paths: Iterable[str], sources: Sequence[Source], others: Iterable[str] = ()) -> str | None:
    """Return the first of ``paths`` that is the file of a source or one of ``others``, None where there is none.

    Links, ``/dev/stdin``, redirected streams and URLs of this machine's files are seen through.
    """
    read = list(others)
    for path in paths:
        try:
            facts = os.stat(path)
        except (OSError, ValueError):  # there is none yet, or writing tells what is wrong
            continue
        is_read = any(
            source.is_file(facts) for source in sources if isinstance(source, FileSource | StreamSource | UrlSource)
        )
        if is_read or any(_is_same(other, facts) for other in read):
            return path
    return None


def _is_same(path: str, facts: os.stat_result) -> bool:
    try:
        return os.path.samestat(os.stat(path), facts)
    except (OSError, ValueError):
        return False
