"""The cache keeps what was used last, and touches nothing that is not its own."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipeline_optimization.benchmarks import partial
from pipeline_optimization.benchmarks.partial import Header, PartialFile
from pipeline_optimization.disk_cache import KEPT, read_sealed, store_sealed


def name(number: int) -> str:
    return f"index-{number:032x}.txt"


@pytest.fixture
def full(tmp_path: Path) -> Path:
    """Return a cache that has as many files of a kind as are kept; the higher the number, the later it was used."""
    for number in range(KEPT):
        store_sealed(tmp_path / name(number), b"content")
    for number in range(KEPT):
        os.utime(tmp_path / name(number), (number + 1, number + 1))
    return tmp_path


def test_what_was_used_least_lately_goes(full: Path) -> None:
    assert read_sealed(full / name(0)) == b"content"
    store_sealed(full / name(KEPT), b"new")
    expected = {0, *range(2, KEPT + 1)}
    assert {path.name for path in full.iterdir()} == {name(number) for number in expected}
    assert read_sealed(full / name(KEPT)) == b"new"


def test_what_a_killed_process_left_goes(full: Path) -> None:
    left = full / f"{name(KEPT)}ab_c3def"
    left.write_bytes(b"con")
    os.utime(left, (0, 0))
    store_sealed(full / name(1), b"again")
    assert {path.name for path in full.iterdir()} == {name(number) for number in range(KEPT)}


@pytest.mark.parametrize(
    "foreign",
    ["index-of-my-book.txt", "index.txt", f"index-{'a' * 31}.txt", f"x{name(1)}", f"{name(1)}.bak", "installed-0123456789abcdef.json"],
)  # fmt: skip
def test_what_is_not_of_the_kind_stays(full: Path, foreign: str) -> None:
    (full / foreign).write_bytes(b"mine")
    os.utime(full / foreign, (0, 0))
    store_sealed(full / name(KEPT), b"new")
    assert (full / foreign).read_bytes() == b"mine"
    assert len(list(full.iterdir())) == KEPT + 1


def test_comparisons_are_kept_as_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is room for the new one; what is no comparison stays."""
    monkeypatch.setenv("ANAGRAM_CACHE_DIR", str(tmp_path))
    directory = tmp_path / "comparisons"
    directory.mkdir()
    for number in range(partial.KEPT):
        path = directory / f"{number}.jsonl"
        path.touch()
        os.utime(path, (number, number))
    (directory / "notes.txt").touch()
    os.utime(directory / "notes.txt", (0, 0))
    with PartialFile.in_cache("new", Header(command="compare", arguments=(), seed=1)) as new:
        assert new.path == directory / "new.jsonl"
    assert {path.name for path in directory.iterdir()} == {
        *(f"{number}.jsonl" for number in range(1, partial.KEPT)),
        "notes.txt",
        "new.jsonl",
    }
