"""A bundle that was split, as its workers died, goes on in its pieces: what is done is taken over, and what has failed for good is left alone."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import pipeline_functions as f
from pipeline_optimization import Limits, Pipeline, PipelineReport, run

LINES = "a\nx\nb\n"


@pytest.fixture
def lines(tmp_path: Path) -> Path:
    path = tmp_path / "lines.txt"
    path.write_text(LINES)
    return path


def goes_on(lines: Path, function: Any = f.deadly, **options: Any) -> PipelineReport[Any]:
    """Run in processes, with a checkpoint."""
    return run(
        Pipeline("p").lines().map(function).collect(),
        lines,
        orchestrator="multiprocess",
        orchestrator_options={"workers": 2},
        retry="none",
        checkpoint=lines.with_suffix(".checkpoint"),
        resume=True,
        **options,
    )


def facts(report: PipelineReport[Any]) -> tuple[Any, ...]:
    return report.result, report.elements, report.failed_items


def test_pieces_of_a_split_bundle_are_found_again(lines: Path) -> None:
    """The line that kills costs no worker of a second run, and the others are not run again."""
    first = goes_on(lines)
    assert (first.result, first.elements, first.lost) == (["a", "b"], 3, 5)
    again = goes_on(lines)
    assert facts(again) == facts(first)
    assert (again.lost, again.attempts) == (0, 0)
    assert again.summary.resumed_items == len(LINES) - 1  # the file was split byte by byte


def test_a_retry_runs_only_the_piece_that_failed(lines: Path) -> None:
    """It loses as many workers as its own element kills."""
    first = goes_on(lines)
    again = goes_on(lines, retries_failed=True)
    assert facts(again) == facts(first)
    assert (again.lost, again.attempts) == (3, 0)
    assert facts(goes_on(lines)) == facts(first)


def test_pieces_of_a_bundle_that_hung_are_found_again(lines: Path) -> None:
    """So it is for a bundle that was split as it took too long."""
    first = goes_on(lines, f.hanging, limits=Limits(item_timeout=0.5))
    assert [failed.error.type for failed in first.failed_items] == ["ItemTimeout"]
    again = goes_on(lines, f.hanging, limits=Limits(item_timeout=0.5))
    assert facts(again) == facts(first)
    assert again.attempts == 0


def test_a_checkpoint_without_splits(lines: Path) -> None:
    """If it is not known that a bundle was split, it is split again, also if all of its pieces have ended."""
    first = goes_on(lines)
    with closing(sqlite3.connect(lines.with_suffix(".checkpoint"), isolation_level=None)) as database:
        database.execute("DROP TABLE split")
    again = goes_on(lines)
    assert facts(again) == facts(first)
    assert (again.lost, again.attempts, again.summary.resumed_items) == (2, 0, len(LINES) - 1)
