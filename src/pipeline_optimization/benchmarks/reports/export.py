"""Exports, by their suffix."""

from __future__ import annotations

from pathlib import Path

from pipeline_optimization.benchmarks.documents import results_to_json
from pipeline_optimization.benchmarks.records import Results
from pipeline_optimization.errors import UsageError

__all__ = ["check_export", "export"]


def check_export(path: str) -> None:
    """Raise UsageError where it can be known before measuring that an export will not work."""
    if Path(path).suffix != ".json":
        raise UsageError(f"Cannot export to {path!r}: the suffix must be .json.")
    if not Path(path).parent.is_dir():
        raise UsageError(f"Cannot write {path!r}: there is no directory {str(Path(path).parent)!r}.")


def export(results: Results, path: str) -> None:
    """Write the results. Raises UsageError where the file cannot be written."""
    try:
        Path(path).write_text(results_to_json(results), "utf-8")
    except OSError as error:
        raise UsageError(f"Cannot write {path!r}: {error.strerror or error}.") from error
