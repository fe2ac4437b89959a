"""What an interrupted comparison left is read whole, whoever reads it, and changed only by going on."""

from __future__ import annotations

from pathlib import Path

import pytest

from example_results import sample
from pipeline_optimization.benchmarks.documents import to_json_line
from pipeline_optimization.benchmarks.partial import Header, InUseError, PartialFile, read_header, read_partial

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


def test_two_comparisons_of_one_seed_keep_their_own_samples(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second that is started takes another name in the cache; a later one takes the first that is free again."""
    monkeypatch.setenv("ANAGRAM_CACHE_DIR", str(tmp_path))
    one, other = sample("a", 1, 10.0), sample("b", 1, 20.0)
    with PartialFile.in_cache("compare-5", HEADER) as first:
        first.keep(one)
        with PartialFile.in_cache("compare-5", HEADER) as second:
            second.keep(other)
            first.keep(other)
    assert [path.name for path in (first.path, second.path)] == ["compare-5.jsonl", "compare-5-2.jsonl"]
    assert read(first.path) == [to_json_line(one), to_json_line(other)]
    assert read(second.path) == [to_json_line(other)]
    with PartialFile.in_cache("compare-5", HEADER) as third:
        assert third.path == first.path
    assert read(first.path) == []


def test_a_file_that_is_being_written_is_left_alone(tmp_path: Path) -> None:
    """Who names it, to begin it anew or to go on with it, is told that another comparison has it."""
    path = tmp_path / "p.jsonl"
    with PartialFile(path, HEADER) as partial:
        partial.keep(sample("a", 1, 10.0))
        for header in (HEADER, None):
            with pytest.raises(InUseError, match=r"is being written by another comparison\. Wait until that has ended"):
                PartialFile(path, header)
        partial.keep(sample("b", 1, 20.0))
    assert len(read(path)) == 2
