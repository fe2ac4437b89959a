"""Files behind URLs whose parts can be read anywhere: counted in ranges, as files of this machine are."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest
from fsspec.implementations.local import LocalFileSystem
from hypothesis import given
from hypothesis import strategies as st

from chunked_text import DATA, squeeze_exercise, words_of
from command import anagram, run_json
from number_of_examples import examples
from pipeline_optimization import count_anagrams
from pipeline_optimization.errors import CheckpointError, InputError
from pipeline_optimization.sources import FileRange, FileSource, UrlSource, cut_file, least_bytes, read_ranges
from similar_cases import some

TEXT = "The cat's act: stop, spot, post! Tea-pot 3 dogs god. " * 300
CHUNK = 1000


@pytest.fixture
def book(tmp_path: Path) -> Path:
    path = tmp_path / "book.txt"
    path.write_text(TEXT, "utf-8")
    return path


@pytest.mark.parametrize("orchestrator", some(["multiprocess", "threaded", "sequential"], every=3))
def test_workers_read_urls(orchestrator: str, book: Path) -> None:
    """The counts, the ranges and so the ledger are those of the file itself, and no text goes through the parent."""
    options = ["--chunk-size", str(CHUNK), "--orchestrator", orchestrator]
    of_path, of_url = run_json(str(book), *options), run_json(book.as_uri(), *options)
    for fact in ("anagram_counts", "words", "bytes_read", "distinct_words", "attempts"):
        assert of_url[fact] == of_path[fact]
    assert set(of_url["tasks"]) == {"count_ranges"}


@examples(50)
@given(data=DATA, chunk_size=st.integers(1, 200))
def test_ranges_are_those_of_the_file(tmp_path_factory: pytest.TempPathFactory, data: bytes, chunk_size: int) -> None:
    """Wherever the borders are: the same cuts, and the same words between them."""
    path = tmp_path_factory.mktemp("range") / "text"
    path.write_bytes(data)
    url = path.as_uri()
    ranges = list(cut_file(url, len(data), chunk_size))
    assert ranges == [part._replace(path=url) for part in cut_file(str(path), len(data), chunk_size)]
    there = [chunk for part in ranges for chunk in read_ranges([part], chunk_size, squeeze_exercise)]
    here = [
        chunk
        for part in ranges
        for chunk in read_ranges([FileRange(str(path), part.start, part.stop)], chunk_size, squeeze_exercise)
    ]
    assert words_of(there, squeeze_exercise) == words_of(here, squeeze_exercise)
    assert sum(chunk.invalid_bytes for chunk in there) == sum(chunk.invalid_bytes for chunk in here)


@pytest.mark.parametrize(
    "url",
    ["memory://book.txt", "https://example.org/book.txt", "simplecache::file:///book.txt", "file:///book.txt.gz"],
)
def test_other_urls_are_read_in_the_parent(url: str) -> None:
    """Workers cannot reach them, or not in parts; nothing is asked of them before they are read."""
    assert UrlSource(url).plain_size() is None


def test_sizes_are_known(book: Path) -> None:
    """So that the compiled kernel is taken for large ones."""
    assert least_bytes([UrlSource(book.as_uri())]) == len(TEXT)


def test_a_file_named_like_a_url_is_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its name, handed to a worker, would mean something else there."""
    (tmp_path / "s3:" / "bucket").mkdir(parents=True)
    (tmp_path / "s3:" / "bucket" / "book").write_text("cat")
    monkeypatch.chdir(tmp_path)
    assert count_anagrams([FileSource("s3://bucket/book")]).anagram_counts == {"act": 1, "cat": 1, "tac": 1}


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """Before anything is counted."""
    url = (tmp_path / "missing.txt").as_uri()
    done = anagram("run", url)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.decode().startswith(f"Error: '{url}' cannot be read: No such file")


def test_a_file_that_becomes_shorter_is_no_wrong_count(book: Path) -> None:
    """A worker that finds less than was promised says so."""
    ranges = [FileRange(book.as_uri(), 0, len(TEXT) + 10)]
    with pytest.raises(InputError, match="became shorter while it was read: it ends at byte"):
        list(read_ranges(ranges, CHUNK, squeeze_exercise))


def test_a_file_system_without_parts_is_refused(book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that gives all of a file where a part was asked for would have each word counted again and again."""
    monkeypatch.setattr(LocalFileSystem, "cat_file", lambda self, path, **where: Path(path).read_bytes())
    with pytest.raises(InputError, match="cannot be read in parts"):
        count_anagrams([UrlSource(book.as_uri())], chunk_size=CHUNK)


def test_no_bytes_are_asked_for(book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Object stores answer the range of no bytes with the whole file."""
    cat_file = LocalFileSystem.cat_file

    def checked(self: LocalFileSystem, path: str, *, start: int, end: int) -> bytes:
        assert start < end
        return bytes(cat_file(self, path, start=start, end=end))

    monkeypatch.setattr(LocalFileSystem, "cat_file", checked)
    assert count_anagrams([UrlSource(book.as_uri())], chunk_size=CHUNK).bytes_read == len(TEXT)


def test_a_run_on_urls_goes_on(book: Path, tmp_path: Path) -> None:
    """What was finished is not read again; a file that has changed meanwhile is refused."""
    source, checkpoint = [UrlSource(book.as_uri())], tmp_path / "run.checkpoint"
    first = count_anagrams(source, chunk_size=CHUNK, checkpoint=checkpoint)
    again = count_anagrams(source, chunk_size=CHUNK, checkpoint=checkpoint, resume=True)
    assert (again.attempts, again.anagram_counts) == (0, first.anagram_counts)
    os.utime(book, (1, 1))
    with pytest.raises(CheckpointError, match=r"is of another run: input 1 was 'file://.*book\.txt'"):
        count_anagrams(source, chunk_size=CHUNK, checkpoint=checkpoint, resume=True)


def test_small_files_behind_urls_are_counted_together(tmp_path: Path) -> None:
    """With those of this machine, and with compressed ones between them."""
    names = []
    for number in range(30):
        path = tmp_path / f"{number}.txt"
        path.write_text(f"cat {'act ' * number}")
        names.append(path.as_uri() if number % 2 else str(path))
    packed = tmp_path / "packed.txt.gz"
    packed.write_bytes(gzip.compress(b"cat"))
    names.insert(9, packed.as_uri())
    report = run_json(*names)
    assert report["anagram_counts"]["cat"] == 31 + sum(range(30))
    assert set(report["tasks"]) == {"count_ranges", "count_chunk"}
