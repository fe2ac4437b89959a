"""What an interrupted comparison left is read whole, whoever reads it, and changed only by going on."""

from __future__ import annotations

from pathlib import Path

from example_results import sample
from pipeline_optimization.benchmarks.documents import to_json_line
from pipeline_optimization.benchmarks.partial import Header, PartialFile, read_header, read_partial

HEADER = Header(command="compare", arguments=("--iterations", "2"), seed=5)
LINES = "first\u2028second\x85third\nfourth"
"""A message of a contender's with every kind of line end."""


def written(path: Path) -> list[str]:
    """Write a file with two samples; return them as they must be read back."""
    samples = [sample("a", 1, 10.0, problems={"exception": LINES}), sample("b", 1, 20.0)]
    with PartialFile(path, HEADER) as partial:
        for one in samples:
            partial.keep(one)
    return [to_json_line(one) for one in samples]


def read(path: Path) -> list[str]:
    return [to_json_line(one) for one in read_partial(path)[1].values()]


def test_messages_with_line_ends_are_read_back(tmp_path: Path) -> None:
    """A line of the file ends where the file's lines end, not where a message's do."""
    samples = written(tmp_path / "p.jsonl")
    assert read_partial(tmp_path / "p.jsonl")[0] == read_header(tmp_path / "p.jsonl") == HEADER
    assert read(tmp_path / "p.jsonl") == samples


def test_only_going_on_cuts_half_a_line_off(tmp_path: Path) -> None:
    """Reading leaves the file as it is: another comparison may be writing it."""
    path = tmp_path / "p.jsonl"
    samples = written(path)
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"half a li')
    assert read(path) == samples
    assert path.read_bytes() == whole + b'{"half a li'
    with PartialFile(path, None) as partial:
        partial.keep(sample("c", 1, 30.0))
    assert path.read_bytes().startswith(whole)
    assert len(read(path)) == 3
