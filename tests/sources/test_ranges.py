"""Ranges: whoever reads them finds the words of the file, once each, wherever the cuts are."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chunked_text import DATA, reference_invalid, reference_words, squeeze_exercise, squeeze_nothing, words_of
from pipeline_optimization import count_anagrams
from pipeline_optimization.errors import InputError
from pipeline_optimization.sources import Chunk, FileRange, RangeSizes, cut_file, cut_range, is_plain, read_ranges

PLAIN = DATA.filter(is_plain)
"""Bytes of which no beginning says that they are compressed, or in another encoding than UTF-8."""


def read_all(ranges: list[FileRange], chunk_size: int, *, is_squeezed: bool = False) -> list[Chunk]:
    squeeze = squeeze_exercise if is_squeezed else None
    return [chunk for part in ranges for chunk in read_ranges([part], chunk_size, squeeze)]


@settings(deadline=None)
@given(data=PLAIN, chunk_size=st.integers(1, 200), is_squeezed=st.booleans())
@example(data=b"\xef\xbb\xbf\xef\xbb\xbfcat", chunk_size=1, is_squeezed=False)
@example(data=b"a\xe2\x80\x89b\xe2\x80\xe2\x80\x89", chunk_size=1, is_squeezed=False)
@example(data=b"a\xe2\x80\x89", chunk_size=2, is_squeezed=True)
def test_words_and_invalid_bytes_are_those_of_the_whole_file(data: bytes, chunk_size: int, is_squeezed: bool) -> None:
    """For every chunk size from 1, and ranges join without a gap."""
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "text")
        Path(path).write_bytes(data)
        ranges = list(cut_file(path, len(data), chunk_size))
        chunks = read_all(ranges, chunk_size, is_squeezed=is_squeezed)
    assert [part.start for part in ranges] == [0, *(part.stop for part in ranges[:-1])][: len(ranges)]
    assert sum(part.size for part in ranges) == len(data)
    squeeze = squeeze_exercise if is_squeezed else squeeze_nothing
    assert words_of(chunks, squeeze) == reference_words(data, is_squeezed=is_squeezed)
    assert sum(chunk.invalid_bytes for chunk in chunks) == reference_invalid(data)


@settings(deadline=None)
@given(data=PLAIN, chunk_size=st.integers(1, 20), piece=st.integers(1, 20), most=st.integers(1, 5))
def test_ranges_of_several_blocks_are_cut_again(data: bytes, chunk_size: int, piece: int, most: int) -> None:
    """However many blocks a range has, and however it is cut again, the words are those of the file."""
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "text")
        Path(path).write_bytes(data)
        ranges = list(cut_file(path, len(data), chunk_size, blocks=lambda left: min(left, most)))
        pieces = [
            piece_of for part in ranges for piece_of in cut_range(part, piece, blocks=lambda left: min(left, most))
        ]
        chunks = read_all(pieces, most * piece)
    assert [part.start for part in pieces] == [0, *(part.stop for part in pieces[:-1])][: len(pieces)]
    assert sum(part.size for part in pieces) == len(data)
    assert words_of(chunks, squeeze_nothing) == reference_words(data, is_squeezed=False)
    assert sum(chunk.invalid_bytes for chunk in chunks) == reference_invalid(data)


@pytest.mark.parametrize("number", [1, 16, 17, 105, 1050, 100_000])
def test_guided_ranges(tmp_path: Path, number: int) -> None:
    """Ranges are no larger than a sixteenth of what is left, nor than sixteen blocks, and all blocks are in one."""
    path = tmp_path / "text"
    path.write_bytes(b"a " * number)
    sizes = [part.size // 2 for part in cut_file(str(path), 2 * number, 2, blocks=RangeSizes(total=number))]
    left = number
    for size in sizes:
        assert 1 <= size <= max(1, min(16, left // 16))
        left -= size
    assert left == 0
    assert len(sizes) <= 62 + number // 16


@pytest.mark.parametrize(("later", "least"), [(0, 52), (1_000, 7)])
def test_files_that_come_later_are_left_too(later: int, least: int, tmp_path: Path) -> None:
    """Only the end of all input has small ranges."""
    path = tmp_path / "text"
    path.write_bytes(b"a " * 100)
    assert len(list(cut_file(str(path), 200, 2, blocks=RangeSizes(total=100 + later, later=later)))) == least


def test_ranges_grow_where_there_would_be_too_many() -> None:
    """A petabyte in blocks of 4 MiB is 65,536 ranges and their small end, not fifteen million."""
    left = total = 10**15 // (4 << 20)
    next_size = RangeSizes(total=total)
    number = 0
    while left > 0:
        left -= next_size(left)
        number += 1
    assert 1 << 16 <= number < 1.01 * (1 << 16)


@settings(deadline=None)
@given(data=PLAIN, chunk_size=st.integers(1, 50), known=st.sets(st.integers(0, 30)))
def test_known_ranges_are_cut_where_they_were(data: bytes, chunk_size: int, known: set[int]) -> None:
    """Whatever part of the ranges is known, all are the same again, and the known ones are not looked at."""
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "text")
        Path(path).write_bytes(data)
        sizes = RangeSizes(total=-(-len(data) // chunk_size))
        ranges = list(cut_file(path, len(data), chunk_size, blocks=sizes))
        stops = {part.start: part.stop for number, part in enumerate(ranges) if number in known}
        assert list(cut_file(path, len(data), chunk_size, blocks=sizes, known_stop=stops.get)) == ranges
    every = {part.start: part.stop for part in ranges}
    assert list(cut_file(path, len(data), chunk_size, blocks=sizes, known_stop=every.get)) == ranges, (
        "the file is gone by now"
    )


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"c" + b"." * 300_000 + b"at", ["cat"]),
        (b"dog c" + b"-" * 300_000 + b"at dog", ["dog", "c", "at", "dog"]),
        (b"dog " + b"a b" * 70_000 + b"-" * 300_000 + b"at dog", ["dog", *("a b" * 70_000).split(), "at", "dog"]),
        (b"\xef\xbb\xbf" + b"\xff" * 300_000, []),
    ],
    ids=["joined", "hyphens", "after text", "invalid"],
)
@pytest.mark.parametrize("chunk_size", [1000, 65_537])
def test_a_giant_run_is_one_range_and_read_in_pieces(
    data: bytes, words: list[str], chunk_size: int, tmp_path: Path
) -> None:
    """Removed characters join their neighbours over any distance."""
    path = tmp_path / "giant"
    path.write_bytes(data)
    chunks = read_all(list(cut_file(str(path), len(data), chunk_size)), chunk_size, is_squeezed=True)
    assert words_of(chunks, squeeze_exercise) == words
    assert sum(chunk.invalid_bytes for chunk in chunks) == reference_invalid(data)
    assert max(len(chunk.data) for chunk in chunks) <= 4 * 65_537


def test_ends_of_files_end_words(tmp_path: Path) -> None:
    """Small files are read together, each without its byte order mark."""
    parts = []
    for number, data in enumerate([b"ca", b"\xef\xbb\xbft do", b"g"]):
        path = tmp_path / str(number)
        path.write_bytes(data)
        parts.append(FileRange(str(path), 0, len(data)))
    assert words_of(list(read_ranges(parts, 100, None))) == ["ca", "t", "do", "g"]


def test_many_small_files_are_few_items(tmp_path: Path) -> None:
    """Their texts together fill a chunk, and the counts are those of all of them."""
    for number in range(50):
        (tmp_path / f"{number:02}.txt").write_bytes(b"cat " * (number + 1))
    report = count_anagrams(sorted(tmp_path.iterdir()), chunk_size=1000)
    assert report.anagram_counts["act"] == sum(range(51))
    assert report.tasks["count_ranges"].items < 10
    assert report.bytes_read == 4 * sum(range(51))


def test_a_file_that_grows_is_counted_as_it_was(tmp_path: Path) -> None:
    """A range means the same bytes as before, for whoever does not ask for the file's state."""
    path = tmp_path / "growing"
    path.write_bytes(b"cat dog " * 100)
    ranges = list(cut_file(str(path), 400, 150))
    path.write_bytes(b"cat dog " * 200)
    assert words_of(read_all(ranges, 150)) == ["cat", "dog"] * 50


def test_a_file_that_vanishes_is_an_input_error(tmp_path: Path) -> None:
    """As one that was never there."""
    with pytest.raises(InputError, match="cannot be read: No such file"):
        list(read_ranges([FileRange(str(tmp_path / "gone"), 0, 5)], 100, None))
