"""Counting ranges: threads share the pieces of a range, and what they count together is what one counts."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory_lexicon import Words
from pipeline_optimization import Registry, count_anagrams
from pipeline_optimization.anagrams.range_counting import RangeCounter
from pipeline_optimization.anagrams.stages import decode_ranges, encode_ranges, size_of_ranges, without_states
from pipeline_optimization.builtin.signatures import letters_signature
from pipeline_optimization.builtin.tokenizers import ExerciseTokenizer
from pipeline_optimization.counting.index import AnagramIndex, build_index
from pipeline_optimization.counting.kernel import ExerciseKernel
from pipeline_optimization.counting.totals import Totals
from pipeline_optimization.errors import InputError, WorkerStartError
from pipeline_optimization.hookspecs import hookimpl
from pipeline_optimization.processors import MAX_THREADS, threads_beside
from pipeline_optimization.sources import FileRange, total_size
from pipeline_optimization.thread_probe import startable
from pipeline_optimization.types import ChunkCounts, GroupIndex, KernelOffer, Tokenizer

numbers = st.integers(0, 1 << 58)
names = st.text(st.characters(), max_size=20)  # with surrogates, which stand for bytes that are not UTF-8

TEXT = b"The cat's act: stop, spot, post! \xff Tea-pot 3 dogs god.\n"


class MeetingKernel:
    """Counts nothing before as many threads as expected have come with a piece each, once."""

    def __init__(self, index: GroupIndex, tokenizer: Tokenizer, *, threads: int) -> None:
        self._kernel = ExerciseKernel(index, tokenizer)
        self._barrier = threading.Barrier(threads, timeout=10)
        self._have_met = False

    def count(self, data: bytes) -> ChunkCounts:
        return self._kernel.count(data)

    def count_all(self, chunks: Iterable[bytes]) -> Iterator[ChunkCounts]:
        for number, chunk in enumerate(chunks):
            if number == 0 and not self._have_met:
                self._barrier.wait()
                self._have_met = True
            yield self._kernel.count(chunk)


def few_threads(number: int, monkeypatch: pytest.MonkeyPatch) -> list[threading.Thread]:
    """Let a number of threads start, and then say what the system says; return those that have started."""
    started: list[threading.Thread] = []
    start = threading.Thread.start

    def limited(thread: threading.Thread) -> None:
        if len(started) == number:
            raise RuntimeError("can't start new thread")
        started.append(thread)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", limited)
    return started


@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_system_that_starts_no_more_threads(
    number: int, index: AnagramIndex, book: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those that there are count all of it, if need be the caller's alone."""
    part = FileRange(str(book), 0, book.stat().st_size)
    alone = RangeCounter(ExerciseKernel(index, ExerciseTokenizer()), 1000, None, piece=100, threads=1)
    several = RangeCounter(ExerciseKernel(index, ExerciseTokenizer()), 1000, None, piece=100, threads=4)
    expected = summed(alone, part, index)
    started = few_threads(number, monkeypatch)
    assert summed(several, part, index) == expected
    assert len(started) == number


def test_what_the_system_would_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """The probe counts what starts, and leaves no thread behind."""
    before = threading.active_count()
    assert startable(5) == 5
    few_threads(3, monkeypatch)
    assert startable(5) == 3
    assert threading.active_count() == before


@pytest.mark.skipif(not os.path.isdir("/proc/self/task"), reason="Linux tells its threads there")
def test_what_was_probed_can_be_started() -> None:
    """A thread counts for the system a moment longer than Python knows it, and what starts next would find no room."""
    before = set(os.listdir("/proc/self/task"))
    for _ in range(300):
        startable(5)
        assert set(os.listdir("/proc/self/task")) <= before


@pytest.mark.parametrize(
    ("number", "advice"), [(3, "-o workers=1."), (2, "Use --orchestrator sequential"), (0, "Use -")]
)
def test_too_few_processes_are_told_before_any_starts(
    number: int, advice: str, monkeypatch: pytest.MonkeyPatch, registry: Registry
) -> None:
    """The sentence says how many workers there may be, and no server has started that would die with a traceback."""
    few_threads(number, monkeypatch)
    with pytest.raises(WorkerStartError) as caught:
        count_anagrams("cat", orchestrator="multiprocess", orchestrator_options={"workers": 4}, registry=registry)
    assert f"The system starts only {number} more process" in str(caught.value)
    assert "4 workers with their helpers are 6. " + ("Ask for fewer: " if number == 3 else "") + advice in str(
        caught.value
    )


@pytest.fixture(scope="module")
def index() -> AnagramIndex:
    return build_index(Words(["cat", "act", "dog", "god", "stop", "the"]), letters_signature, "test")[0]


@pytest.fixture
def book(tmp_path: Path) -> Path:
    path = tmp_path / "book.txt"
    path.write_bytes(TEXT * 200)
    return path


def summed(counter: RangeCounter, part: FileRange, index: AnagramIndex) -> tuple[object, ...]:
    totals, counted = Totals(), counter.count([part])
    for counts in counted.chunks:
        totals.add(counts)
    sample = {value for counts in counted.chunks for value in counts.sample}
    different = totals.distinct_words, totals.distinct_words_is_exact, sample
    return counted.invalid_bytes, totals.words, different, totals.anagram_counts(index)


@pytest.mark.parametrize("threads", [2, 3])
def test_threads_share_a_range(index: AnagramIndex, book: Path, threads: int) -> None:
    """All threads count at the same time, and their sum is what one thread counts."""
    part = FileRange(str(book), 0, book.stat().st_size)
    one = RangeCounter(ExerciseKernel(index, ExerciseTokenizer()), 1000, None, piece=100, threads=1)
    meeting = MeetingKernel(index, ExerciseTokenizer(), threads=threads)
    several = RangeCounter(meeting, 1000, None, piece=100, threads=threads)
    assert summed(several, part, index) == summed(one, part, index)
    assert summed(one, part, index)[0] == 200


@pytest.mark.parametrize(("threads", "at_least", "last"), [(1, 8, 36), (2, 9, 27), (4, 11, 27)])
def test_pieces_become_smaller_towards_the_end(
    index: AnagramIndex, tmp_path: Path, threads: int, at_least: int, last: int
) -> None:
    """So that no thread has a whole piece left to count when the others have none."""
    path = tmp_path / "text"
    path.write_bytes(b"cat dog, " * 100)
    sizes: list[int] = []

    class Noting(MeetingKernel):
        def count_all(self, chunks: Iterable[bytes]) -> Iterator[ChunkCounts]:
            for chunk in chunks:
                sizes.append(len(chunk))
                yield self.count(chunk)

    kernel = Noting(index, ExerciseTokenizer(), threads=1)
    RangeCounter(kernel, 300, None, piece=108, threads=threads).count([FileRange(str(path), 0, 900)])
    assert sum(sizes) == 900
    assert max(sizes) <= 108
    assert min(sizes) <= last
    assert len(sizes) >= at_least


@pytest.mark.parametrize("failing", ["caller", "other"])
def test_an_error_stops_all_threads(index: AnagramIndex, book: Path, failing: str) -> None:
    """Whichever thread meets it: the others take no further piece, and the error is raised."""
    taken: list[bytes] = []
    caller = threading.current_thread()

    class Failing(MeetingKernel):
        def count_all(self, chunks: Iterable[bytes]) -> Iterator[ChunkCounts]:
            is_failing = (threading.current_thread() is caller) == (failing == "caller")
            has_failed.wait(0 if is_failing else 10)
            for chunk in chunks:
                if is_failing:
                    raise InputError("gone", source="book")
                taken.append(chunk)
                yield self.count(chunk)

    has_failed = threading.Event()
    counter = RangeCounter(Failing(index, ExerciseTokenizer(), threads=2), 1000, None, piece=100, threads=2)
    original = counter.kernel.count_all

    def signalling(chunks: Iterable[bytes]) -> Iterator[ChunkCounts]:
        try:
            yield from original(chunks)
        except InputError:
            counter_stopped.append(True)
            raise
        finally:
            has_failed.set()

    counter_stopped: list[bool] = []
    counter.kernel.count_all = signalling  # type: ignore[method-assign]
    with pytest.raises(InputError, match="gone"):
        counter.count([FileRange(str(book), 0, book.stat().st_size)])
    assert counter_stopped
    assert len(taken) <= 1, "only what was taken before the others knew"


def test_small_files_are_read_by_one_thread_at_a_time(
    index: AnagramIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both threads count, but they do not read at once, and nothing is lost."""
    ranges = []
    for number in range(600):
        path = tmp_path / f"{number}.txt"
        path.write_bytes(TEXT)
        ranges.append(FileRange(str(path), 0, len(TEXT)))
    reading: list[int] = []
    at_once: list[int] = []
    original = os.pread

    def pread(handle: int, size: int, start: int) -> bytes:
        reading.append(handle)
        at_once.append(len(reading))
        time.sleep(1e-4)  # so that another thread would come in
        data = original(handle, size, start)
        reading.remove(handle)
        return data

    monkeypatch.setattr(os, "pread", pread)
    kernel = MeetingKernel(index, ExerciseTokenizer(), threads=2)
    counted = RangeCounter(kernel, 10_000, None, piece=20 * len(TEXT), threads=2).count(ranges)
    assert set(at_once) == {1}
    assert sum(counts.words for counts in counted.chunks) == 600 * kernel.count(TEXT).words


@given(
    ranges=st.lists(st.builds(FileRange, names, numbers, numbers, st.integers(0, 2**64 - 1)), min_size=1, max_size=20)
)
def test_ranges_travel(ranges: list[FileRange]) -> None:
    """Whatever files are called: ranges arrive as they were sent, and their size is told without unpacking them."""
    ranges = [FileRange(path, min(start, stop), max(start, stop), state) for path, start, stop, state in ranges]
    data = encode_ranges(ranges)
    assert decode_ranges(data) == ranges
    assert without_states(data) == without_states(encode_ranges([part._replace(state=1) for part in ranges]))
    assert size_of_ranges(data) == total_size(ranges)


def test_threads_fit_beside_attempts(monkeypatch: pytest.MonkeyPatch) -> None:
    """All attempts at once use the cores that there are, and no attempt more than it has use for."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(6)), raising=False)
    assert [threads_beside(slots) for slots in (1, 2, 3, 4, 1000)] == [MAX_THREADS, 3, 2, 1, 1]


def make_meeting(index: GroupIndex, tokenizer: Tokenizer) -> MeetingKernel:
    return MeetingKernel(index, tokenizer, threads=2)


class Meeting:
    @hookimpl
    def anagram_counting_kernel(self, tokenizer: str) -> KernelOffer | None:
        return KernelOffer(name="meeting", summary="s", factory=make_meeting, is_parallel=True)


def test_the_default_run_uses_the_cores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With one attempt at a time, a kernel that lets threads count side by side gets them; each waits for the other."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0, 1}, raising=False)
    path = tmp_path / "large.txt"
    path.write_bytes(b"cat dog\n" * 4_000)
    registry = Registry.load()
    registry.register(Meeting(), "meeting")
    report = count_anagrams(path, kernel="meeting", registry=registry, chunk_size=100)
    assert report.anagram_counts["act"] == 4_000


@pytest.mark.parametrize("place", ["first", "in the middle", "last"])
@pytest.mark.parametrize("kernel", ["python", "auto"])
def test_empty_files_among_small_ones(kernel: str, place: str, tmp_path: Path, registry: Registry) -> None:
    """A file without a first byte is no reason to look for one, wherever it stands among files that are read together."""
    position = {"first": 0, "in the middle": 150, "last": 299}[place]
    for number in range(300):
        (tmp_path / f"{number:03}.txt").write_bytes(b"" if number == position else b"cat act\n")
    paths = sorted(tmp_path.iterdir())
    assert count_anagrams(paths, kernel=kernel, registry=registry).anagram_counts == {
        "act": 598,
        "cat": 598,
        "tac": 598,
    }
