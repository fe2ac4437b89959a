"""A check whether a file that is to be written is also read, under whatever name."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence

from pipeline_optimization.sources.file import FileSource
from pipeline_optimization.sources.source import Source, StreamSource, as_url

__all__ = ["checkpoint_files", "first_same", "overwritten"]


def checkpoint_files(path: str | None) -> Sequence[str]:
    """Return the files that SQLite writes for a checkpoint. Without a checkpoint there are none."""
    return [] if path is None else [path, f"{path}-wal", f"{path}-shm", f"{path}-journal"]


def first_same(paths: Iterable[str], others: Iterable[str]) -> str | None:
    """Return the first of ``paths`` that is the same file as one of ``others``, even if it does not exist yet. Return None if there is none."""
    own = set(map(os.path.realpath, others))
    return next((path for path in paths if own and os.path.realpath(path) in own), None)


def overwritten(paths: Iterable[str], sources: Sequence[Source], others: Iterable[str] = ()) -> str | None:
    """Return the first of ``paths`` that is the file of a source or one of ``others``, or None.

    That also holds through links, ``/dev/stdin``, redirected streams and URLs of this machine's files.
    """
    read = list(others)
    for path in paths:
        try:
            facts = os.stat(path)
        except (OSError, ValueError):  # it does not exist yet, or writing will tell what is wrong
            continue
        if any(_reads(source, facts) for source in sources) or any(_is_same(other, facts) for other in read):
            return path
    return None


def _reads(source: Source, facts: os.stat_result) -> bool:
    known = source if isinstance(source, FileSource | StreamSource) else as_url(source)
    return known is not None and known.is_file(facts)


def _is_same(path: str, facts: os.stat_result) -> bool:
    try:
        return os.path.samestat(os.stat(path), facts)
    except (OSError, ValueError):
        return False
