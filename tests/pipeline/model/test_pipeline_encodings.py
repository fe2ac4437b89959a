"""Text that a pipeline cannot decode is replaced, as everywhere, and the report says so, whatever the input and who reads it."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from pipeline_optimization import Pipeline, PipelineReport, run

ROWS = "name,city\nZoé,Köln\nAnn,Rome\nRené,Paris\n"
INVALID = 3
"""Letters of ROWS that are other bytes in Latin-1."""

INPUTS = {
    "lines": Pipeline("lines").lines().map(str.upper).count(),
    "records": Pipeline("records").records("csv").map(str).count(),
    "chunks": Pipeline("chunks").chunks().map(str.upper).count(),
}


@pytest.mark.parametrize("chunk_size", [5, 4096])
@pytest.mark.parametrize("kind", INPUTS)
@pytest.mark.parametrize("orchestrator", ["sequential", "threaded"])
def test_invalid_bytes_are_told(kind: str, orchestrator: str, chunk_size: int, tmp_path: Path) -> None:
    """Each invalid sequence counts once, in a file that workers read and in a stream that they cannot read."""
    path = tmp_path / "rows.csv"
    path.write_bytes(ROWS.encode("latin-1"))
    for given in (path, io.BytesIO(path.read_bytes())):
        report = run(INPUTS[kind], given, orchestrator=orchestrator, chunk_size=chunk_size)
        (warning,) = report.warnings
        assert warning.startswith(
            f"{INVALID} invalid UTF-8 sequences became U+FFFD, so that {kind} may be wrong (first in "
        )
        assert warning.endswith(". It looks like latin-1: --encoding latin-1 reads that.")
        assert report.is_complete


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "utf-16"])
@pytest.mark.parametrize("kind", INPUTS)
def test_what_is_decoded_is_not_warned_of(kind: str, encoding: str, tmp_path: Path) -> None:
    """Not where the text is valid, nor where it holds U+FFFD itself."""
    path = tmp_path / "rows.csv"
    path.write_bytes((ROWS + ("" if encoding == "latin-1" else "\N{REPLACEMENT CHARACTER},x\n")).encode(encoding))
    assert run(INPUTS[kind], path, encoding=encoding).warnings == ()


@pytest.mark.parametrize("kind", INPUTS)
def test_another_encoding_has_invalid_bytes_too(kind: str, tmp_path: Path) -> None:
    """What cannot be decoded from the encoding that was asked for is counted as well."""
    path = tmp_path / "rows.csv"
    path.write_bytes(ROWS.encode("latin-1"))
    (warning,) = run(INPUTS[kind], path, encoding="ascii").warnings
    assert warning == f"{INVALID} invalid ascii sequences became U+FFFD, so that {kind} may be wrong."


@pytest.mark.parametrize("kind", INPUTS)
def test_a_resumed_run_tells_all_of_it(kind: str, tmp_path: Path) -> None:
    """A run that goes on warns of what the run before it has read as well."""
    path, checkpoint = tmp_path / "rows.csv", tmp_path / "kept"
    path.write_bytes(ROWS.encode("latin-1"))
    polls = 0

    def soon() -> bool:
        nonlocal polls
        polls += 1
        return polls > 4

    def go_on(*, resume: bool) -> PipelineReport[dict[str, int]]:
        should_stop = None if resume else soon
        return run(INPUTS[kind], path, chunk_size=5, checkpoint=checkpoint, resume=resume, should_stop=should_stop)

    assert not go_on(resume=False).is_complete or kind == "records"  # whose rows are one part
    assert go_on(resume=True).warnings[0].startswith(f"{INVALID} invalid UTF-8 sequences")
