"""The names of the files that a sink writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

__all__ = ["JOURNAL", "PARTIAL", "SINK_OF_SUFFIX", "files_of"]

PARTIAL = ".partial"
"""The suffix of a file that is not whole yet."""

JOURNAL = ".deliveries"
"""The suffix of the file that says which deliveries a file has."""

SINK_OF_SUFFIX: Mapping[str, str] = {
    ".ndjson": "ndjson",
    ".jsonl": "ndjson",
    ".csv": "csv",
    ".json": "json",
    ".parquet": "parquet",
}
"""The sink that writes a file, by the file's suffix."""


def files_of(path: str) -> Sequence[str]:
    """Return all files that a sink may write for one file."""
    return [path, f"{path}{PARTIAL}", f"{path}{JOURNAL}"]
