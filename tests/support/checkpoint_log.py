"""What the write-ahead log of a checkpoint tells from outside, while another process holds the file."""

from __future__ import annotations

from pathlib import Path

from pipeline_optimization.checkpoint.store import PAGE_BYTES

MADE = 11
"""Pages that the log takes at most before a result is in it: those of the empty tables, each written once."""


def has_results(checkpoint: Path) -> bool:
    """Return whether more than the making of the file was written to it since it was opened."""
    log = Path(f"{checkpoint}-wal")
    try:
        return log.stat().st_size > MADE * PAGE_BYTES
    except FileNotFoundError:
        return False
