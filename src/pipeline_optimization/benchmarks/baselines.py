"""Results that are kept under a name, to compare later runs with."""

from __future__ import annotations

import re
from pathlib import Path

from pipeline_optimization.benchmarks.documents import results_from_file, results_to_json
from pipeline_optimization.benchmarks.results import Results
from pipeline_optimization.errors import UsageError
from pipeline_optimization.output import open_output

__all__ = ["load_baseline", "save_baseline"]

DIRECTORY = Path(".anagram") / "baselines"
"""It is below the working directory, because a baseline belongs to a project."""


def save_baseline(results: Results, name: str) -> Path:
    """Keep results under a name, and return the file. Raises UsageError if that is impossible."""
    path = _path(name)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"Cannot make the directory {path.parent}: {error.strerror or error}.") from error
    with open_output(str(path), option="--save-baseline") as stream:
        stream.write(results_to_json(results))
    return path


def load_baseline(name: str) -> Results:
    """Return the results that were kept under a name, or those in a file of --export. Raises UsageError if there are none."""
    path = Path(name) if name.endswith(".json") else _path(name)
    if not path.exists():
        kept = sorted(found.stem for found in DIRECTORY.glob("*.json"))
        there = f"There are: {', '.join(kept)}." if kept else "Keep one with --save-baseline NAME."
        raise UsageError(f"There is no baseline {name!r} ({path}). {there}")
    return results_from_file(path)


def _path(name: str) -> Path:
    if not re.fullmatch(r"[\w][\w.-]*", name):
        raise UsageError(f"{name!r} cannot be a baseline's name; use letters, digits, '.', '-' and '_'.")
    return DIRECTORY / f"{name}.json"
