"""Results survive JSON, and what is no result is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from attrs import evolve

from command import refused_here
from example_results import results
from pipeline_optimization.benchmarks.documents import from_json, results_from_json, results_to_json, to_json_line
from pipeline_optimization.benchmarks.problems import PROBLEMS, consequence_of
from pipeline_optimization.benchmarks.results import Sample
from pipeline_optimization.errors import UsageError


def test_results_survive_json() -> None:
    document = results({"sequential": 200.0, "threaded": 50.0})
    text = results_to_json(document)
    assert results_to_json(results_from_json(text, source="f.json")) == text


def test_a_sample_is_one_line() -> None:
    first = results({"sequential": 200.0}).samples[0]
    line = to_json_line(first)
    assert "\n" not in line
    assert to_json_line(from_json(line, Sample, source="line")) == line


def test_every_text_can_be_written() -> None:
    """What a contender wrote may be no text. A record of it is still JSON that a file takes."""
    sample = evolve(results({"sequential": 200.0}).samples[0], retry=["\udcff"])
    line = to_json_line(sample)
    assert line.encode()
    assert list(from_json(line, Sample, source="line").retry) == ["\udcff"]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"schema_version": 2}', '{"schema_version": 1, "run": 3}'])
def test_what_is_no_result_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"f\.json .*--export"):
        results_from_json(text, source="f.json")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        (
            "binary.json",
            b"\x80\xff\0",
            "is no text, and so holds no results. Give a file that --export FILE.json wrote.",
        ),
        ("foreign.json", b'{"a": 1}', "holds no results: required field missing"),
        ("prose.json", b"# Title", "is not JSON: "),
        ("binary.jsonl", b"\x80\xff\0\n\xfe\n", "is no file that an interrupted comparison left."),
        ("prose.jsonl", b"# Title\n", "is no file that an interrupted comparison left."),
    ],
)
def test_a_foreign_file_is_named_as_one(
    name: str, content: bytes, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever reads results, ``report`` or ``--baseline``, says what the file is not; no codec's words are shown."""
    (tmp_path / name).write_bytes(content)
    commands = [["report", name]]
    if name.endswith(".json"):
        commands.append(["benchmark", "--iterations", "1", "--baseline", name])
    for command in commands:
        error = " ".join(refused_here(command, tmp_path, capsys).split())
        assert f"{name} {message}" in error
        assert "codec" not in error


@pytest.mark.parametrize("name", ["large.json", "large.jsonl"])
def test_a_file_that_is_too_large_is_not_read(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A device that never ends, or a large text that was given by mistake, would take all memory."""
    monkeypatch.setattr("pipeline_optimization.benchmarks.documents.LARGEST", 1000)
    (tmp_path / name).write_bytes(b"{" * 1001)
    error = " ".join(refused_here(["report", name], tmp_path, capsys).split())
    assert f"{name} holds no results: it has more than 1,000 bytes." in error


def test_the_gravest_fault_decides() -> None:
    assert consequence_of([]) is consequence_of(["wrote_to_stdout"]) is None
    assert consequence_of(["own_clock"]) == "unranked"
    assert consequence_of(["own_clock", "timeout"]) == "failed"
    assert consequence_of(["timeout", "wrong_counts", "own_clock"]) == "wrong"
    assert all(kind.code == code for code, kind in PROBLEMS.items())
