"""A file that is replaced, cut, grown or removed while it is read: counts of one of its contents, or an error, no mixture."""

from __future__ import annotations

import gzip
import itertools
import os
from collections.abc import Callable
from itertools import product
from pathlib import Path

import pytest

from pipeline_optimization import Registry, count_anagrams
from pipeline_optimization.errors import InputError
from pipeline_optimization.pipeline.run import Progress
from pipeline_optimization.sources import UrlSource
from similar_cases import some

OLD, NEW = b"cat act ", b"dog god "
SIZE = 4000


def replace(path: Path) -> None:
    other = path.with_name("other")
    other.write_bytes(NEW * SIZE)
    other.replace(path)


def rewrite(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(NEW * SIZE)


def rewrite_with_old_time(path: Path) -> None:
    before = path.stat()
    rewrite(path)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def cut(path: Path) -> None:
    os.truncate(path, 16)


def grow(path: Path) -> None:
    with path.open("ab") as file:
        file.write(NEW * SIZE)


def empty_and_write(path: Path) -> None:
    path.write_bytes(NEW * SIZE)


CHANGES = [replace, rewrite, rewrite_with_old_time, cut, grow, empty_and_write, Path.unlink]


def once(change: Callable[[Path], None], path: Path) -> Callable[[Progress], None]:
    """Return a progress function that changes a file when the first item has ended."""
    is_done = False

    def show(progress: Progress) -> None:
        nonlocal is_done
        if progress.items and not is_done:
            is_done = True
            change(path)

    return show


@pytest.fixture
def book(tmp_path: Path) -> Path:
    path = tmp_path / "g.txt"
    path.write_bytes(OLD * SIZE)
    return path


def at_read(number: int, change: Callable[[Path], None], path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Change a file behind the read of a part of that number in this process."""
    pread, reads = os.pread, itertools.count(1)

    def counted(handle: int, size: int, offset: int) -> bytes:
        data = pread(handle, size, offset)
        if next(reads) == number:
            change(path)
        return data

    monkeypatch.setattr(os, "pread", counted)


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("number", [1, 2, 40, 90])
def test_ranges_are_of_one_content(
    number: int, change: Callable[[Path], None], book: Path, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever reads a part of a file makes sure that it is the file that was there when the run began."""
    at_read(number, change, book, monkeypatch)
    with pytest.raises(InputError, match=r"g\.txt' (changed|was removed) while it was read.*copy"):
        count_anagrams(book, chunk_size=64, registry=registry)


@pytest.mark.parametrize("orchestrator", ["threaded", "asyncio", "hedged"])
def test_ranges_are_of_one_content_for_every_orchestrator(
    orchestrator: str, book: Path, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is in the work, not in who hands it out."""
    at_read(20, replace, book, monkeypatch)
    with pytest.raises(InputError, match=r"g\.txt' changed while it was read.*copy"):
        count_anagrams(book, chunk_size=64, orchestrator=orchestrator, registry=registry)


@pytest.mark.parametrize("change", [replace, rewrite_with_old_time])
def test_ranges_are_of_one_content_in_processes(change: Callable[[Path], None], book: Path, registry: Registry) -> None:
    """The state of the file travels with its part."""
    with pytest.raises(InputError, match=r"g\.txt' changed while it was read.*copy"):
        count_anagrams(
            book, chunk_size=64, orchestrator="multiprocess", registry=registry, on_progress=once(change, book)
        )


@pytest.mark.parametrize("change", [rewrite, rewrite_with_old_time, cut, grow, empty_and_write])
@pytest.mark.parametrize("kind", ["stream", "compressed", "inline"])
def test_streams_are_of_one_content(
    kind: str, change: Callable[[Path], None], tmp_path: Path, registry: Registry
) -> None:
    """A compressed file or a redirected one is read through one descriptor, which sees what is written."""
    path = tmp_path / ("g.txt.gz" if kind == "compressed" else "g.txt")
    words = b" ".join(b"cat%d" % number for number in range(100_000))
    path.write_bytes(gzip.compress(words, 0) if kind == "compressed" else words)
    with path.open("rb", buffering=0) as file, pytest.raises(InputError, match="changed while it was read"):
        count_anagrams(
            file if kind == "stream" else path,
            chunk_size=1000,
            registry=registry,
            faults="tail" if kind == "inline" else "none",
            latency_scale=0.0,
            on_progress=once(change, path),
        )


def test_a_compressed_file_that_is_replaced_is_read_to_its_end(tmp_path: Path, registry: Registry) -> None:
    """Its descriptor stays with the old file: these are the old file's counts."""
    path = tmp_path / "g.txt.gz"
    path.write_bytes(gzip.compress(OLD * SIZE, 0))
    report = count_anagrams(path, chunk_size=64, registry=registry, on_progress=once(replace, path))
    assert report.anagram_counts == {"act": 2 * SIZE, "cat": 2 * SIZE, "tac": 2 * SIZE}


@pytest.mark.parametrize("change", [replace, rewrite, grow])
def test_parts_of_a_url_are_of_one_content(change: Callable[[Path], None], book: Path, registry: Registry) -> None:
    """What the file system tells of the file is compared after each part."""
    with pytest.raises(InputError, match="changed while it was read"):
        count_anagrams([UrlSource(book.as_uri())], chunk_size=64, registry=registry, on_progress=once(change, book))


@pytest.mark.parametrize(
    ("change", "kernel"), some(product([replace, rewrite, Path.unlink], ["numba", "python"]), every=3)
)
def test_small_files_are_of_one_content(
    change: Callable[[Path], None], kernel: str, tmp_path: Path, registry: Registry
) -> None:
    """Many of them are read by compiled code, which checks nothing itself."""
    for number in range(200):
        (tmp_path / f"{number:03}").write_bytes(OLD * 4)
    last = tmp_path / "199"
    with pytest.raises(InputError, match=r"199' (changed|was removed) while it was read"):
        count_anagrams(
            sorted(tmp_path.iterdir()), chunk_size=60, kernel=kernel, registry=registry, on_progress=once(change, last)
        )


def test_a_change_in_the_same_step_of_the_clock_is_seen(book: Path, registry: Registry) -> None:
    """Linux takes the times of files from a clock with steps of up to 10 ms; a run waits that long for a file that is new."""
    for _ in range(5):
        rewrite(book)
        with pytest.raises(InputError, match="changed while it was read"):
            count_anagrams(book, chunk_size=64, registry=registry, on_progress=once(rewrite, book))


def test_a_change_of_nothing_that_is_read_is_none(book: Path, registry: Registry) -> None:
    """A neighbour may come and go, and the file may be read by others."""

    def look(path: Path) -> None:
        path.with_name("other").write_bytes(path.read_bytes())

    report = count_anagrams(book, chunk_size=64, registry=registry, on_progress=once(look, book))
    assert report.anagram_counts["cat"] == 2 * SIZE


def test_a_checkpoint_outlives_another_time(book: Path, tmp_path: Path, registry: Registry) -> None:
    """What is kept of a finished item is its content, and not the state of the file."""
    whole = count_anagrams(book, chunk_size=64, registry=registry)
    checkpoint = tmp_path / "c.ck"

    class StopError(Exception):
        pass

    def stop(progress: Progress) -> None:
        if progress.items > 3:
            raise StopError

    with pytest.raises(StopError):
        count_anagrams(book, chunk_size=64, registry=registry, checkpoint=checkpoint, on_progress=stop)
    facts = book.stat()
    book.chmod(0o600)  # another ctime, the same mtime
    assert book.stat().st_ctime_ns != facts.st_ctime_ns
    again = count_anagrams(book, chunk_size=64, registry=registry, checkpoint=checkpoint, resume=True)
    assert again.anagram_counts == whole.anagram_counts
    assert again.resumed_items > 0
