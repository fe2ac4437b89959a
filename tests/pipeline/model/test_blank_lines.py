"""Blank lines between JSON lines are skipped, however the text is read, and the lines after them keep their numbers."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from command import anagram
from pipeline_optimization import Pipeline, PipelineReport, run
from pipeline_optimization.sources import Source, TextSource

TEXT = '\n \t\r\n{"a": 1}\n\n\u00a0\n{"a": \n{"a": 2}\r\n\r\n[3]\n\n{"a": 4}\n   '
RECORDS = [{"a": 1}, {"a": 2}, {"a": 4}]
BAD = ["line 6: '{\"a\": '", "line 9: '[3]'"]


def places(report: PipelineReport[Any]) -> Sequence[str]:
    """Return the lines that failed, without the name of their file."""
    return sorted(failed.place.rsplit(", ", 1)[1] for failed in report.failed_items)


@pytest.mark.parametrize("chunk_size", [1, 5, 20, 1 << 20])
@pytest.mark.parametrize("kind", ["plain", "packed", "wide", "text"])
def test_blank_lines_are_no_records(tmp_path: Path, kind: str, chunk_size: int) -> None:
    """They are neither elements nor failures: in ranges that workers read, in compressed files, in other encodings, and in texts."""
    path = tmp_path / "a.jsonl"
    source: Path | Source = TextSource(TEXT) if kind == "text" else path
    data = TEXT.encode("utf-16" if kind == "wide" else "utf-8")
    path.write_bytes(gzip.compress(data) if kind == "packed" else data)
    report = run(Pipeline("records").records("jsonl").collect(), source, chunk_size=chunk_size)
    assert (report.result, report.elements) == (RECORDS, 5)
    assert places(report) == BAD


@pytest.mark.parametrize("orchestrator", ["threaded", "asyncio", "multiprocess"])
def test_workers_skip_blank_lines(tmp_path: Path, orchestrator: str) -> None:
    """The result and the ledger are those of a run in one thread."""
    path = tmp_path / "a.jsonl"
    path.write_text("".join(json.dumps({"a": number}) + "\n" * (number % 4 + 1) for number in range(500)))
    pipeline = Pipeline("records").records().collect()
    one, other = (run(pipeline, path, orchestrator=name, chunk_size=100) for name in ("sequential", orchestrator))
    assert one.result == other.result == [{"a": number} for number in range(500)]
    assert (one.elements, one.ledger_digest) == (other.elements, other.ledger_digest)
    assert one.elements == 500


def test_a_file_of_blank_lines_has_no_records(tmp_path: Path) -> None:
    """Its run is complete."""
    report = run(Pipeline("records").records("jsonl").collect(), TextSource("\n" * 1000), chunk_size=100)
    assert (report.result, report.elements, report.is_complete) == ([], 0, True)


def test_blank_lines_of_standard_input(tmp_path: Path) -> None:
    """A pipe is read in the parent."""
    (tmp_path / "p.py").write_text(
        "from pipeline_optimization import Pipeline\npipeline = Pipeline('records').records('jsonl').collect()\n"
    )
    found = anagram("run", "--pipeline", "p.py", "--format", "json", "-", stdin=TEXT.encode(), cwd=tmp_path)
    report = json.loads(found.stdout)
    assert (report["result"], report["elements"]) == (RECORDS, 5)
    assert sorted(failed["place"].rsplit(", ", 1)[1] for failed in report["failed_items"]) == BAD


def test_blank_lines_of_lines_are_elements() -> None:
    """Only records are without them."""
    assert run(Pipeline("lines").lines().collect(), TextSource("a\n\n \n")).result == ["a", "", " "]
