"""Many small files are read by compiled code, and what it cannot read is told as ever."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from anagram_plugin_numba import kernel as kernel_module
from anagram_plugin_numba.kernel import NumbaKernel
from memory_lexicon import Words
from pipeline_optimization.anagrams.range_counting import MANY_FILES, RangeCounter
from pipeline_optimization.builtin.signatures import letters_signature
from pipeline_optimization.builtin.tokenizers import ExerciseTokenizer
from pipeline_optimization.counting.index import AnagramIndex, build_index
from pipeline_optimization.counting.kernel import ExerciseKernel
from pipeline_optimization.counting.totals import Totals
from pipeline_optimization.errors import InputError
from pipeline_optimization.sources import FileRange
from pipeline_optimization.sources.file_state import state_of
from pipeline_optimization.types import CountingKernel

MARK = b"\xef\xbb\xbf"
CONTENTS = st.lists(
    st.one_of(st.binary(max_size=40), st.builds(lambda data: MARK + data, st.binary(max_size=40)), st.just(MARK[:2])),
    max_size=30,
)


@pytest.fixture(scope="module")
def index() -> AnagramIndex:
    return build_index(Words(["cat", "act", "dog", "god", "stop", "the"]), letters_signature, "test")[0]


@pytest.fixture(scope="module")
def compiled(index: AnagramIndex) -> NumbaKernel:
    return NumbaKernel(index)


def written(directory: Path, contents: Sequence[bytes], *, name: str = "text") -> list[FileRange]:
    ranges = []
    for number, content in enumerate(contents):
        path = directory / f"{name} {number}"
        path.write_bytes(content)
        ranges.append(FileRange(str(path), 0, len(content)))
    return ranges


def read(kernel: NumbaKernel, ranges: Sequence[FileRange]) -> bytes | None:
    return kernel.read_files(
        [part.path for part in ranges], [part.stop for part in ranges], [part.state for part in ranges]
    )


def counted(kernel: CountingKernel, ranges: Sequence[FileRange], index: AnagramIndex) -> tuple[object, ...]:
    totals, found = Totals(), RangeCounter(kernel, 1 << 16, None, piece=1 << 16, threads=2).count(ranges)
    for counts in found.chunks:
        totals.add(counts)
    return found.invalid_bytes, totals.words, totals.anagram_counts(index)


@settings(deadline=None)
@given(contents=CONTENTS)
def test_files_become_one_text(compiled: NumbaKernel, contents: list[bytes]) -> None:
    """Their ends end words, and byte order marks are no part of the text."""
    with tempfile.TemporaryDirectory() as directory:
        ranges = written(Path(directory), contents)
        assert read(compiled, ranges) == b"\n".join(content.removeprefix(MARK) for content in contents)


def test_what_cannot_be_read_so(compiled: NumbaKernel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = written(tmp_path, [b"cat", b"dog"])
    path = whole[1].path
    for bad in (
        FileRange(f"{path} gone", 0, 3),
        FileRange(path, 0, 4),
        FileRange(f"{path}\0", 0, 3),
        FileRange(str(tmp_path), 0, 3),
    ):
        assert read(compiled, [whole[0], bad]) is None
        assert read(compiled, [bad, whole[0]]) is None
    assert read(compiled, whole) == b"cat\ndog"
    monkeypatch.setattr(kernel_module, "CAN_READ_FILES", False)
    assert read(compiled, whole) is None


@pytest.mark.parametrize("is_shared", [False, True])
@settings(deadline=None)
@given(contents=st.lists(st.binary(max_size=40), min_size=1, max_size=5), second=st.integers(0, 1 << 31))
@example(contents=[MARK], second=0)
def test_files_are_read_in_their_states(
    compiled: NumbaKernel, is_shared: bool, contents: list[bytes], second: int
) -> None:
    """The compiled state of a file is Python's, whatever its time, size and number; another state is refused."""
    with tempfile.TemporaryDirectory() as directory:
        ranges = []
        for part in written(Path(directory), contents):
            os.utime(part.path, ns=(0, second * 10**9 + 123_456_789))
            ranges.append(part._replace(state=state_of(os.stat(part.path), is_shared=is_shared)))
        assert read(compiled, ranges) == b"\n".join(content.removeprefix(MARK) for content in contents)
        os.utime(ranges[-1].path, ns=(0, second * 10**9))
        assert read(compiled, ranges) is None


def test_a_device_is_part_of_a_state(compiled: NumbaKernel) -> None:
    """Its two numbers are put together as ``os.stat`` does: of files of all file systems that there are."""
    directories = (Path("/dev/shm"), Path(tempfile.gettempdir()), Path.home(), Path(__file__).parent)
    for directory in filter(Path.is_dir, directories):
        with tempfile.NamedTemporaryFile(dir=directory) as file:
            file.write(b"cat")
            file.flush()
            part = FileRange(file.name, 0, 3, state_of(os.stat(file.name)))
            assert read(compiled, [part]) == b"cat"
            assert read(compiled, [part._replace(state=part.state ^ 4)]) is None


@pytest.mark.parametrize("name", ["text", "nähe", os.fsdecode(b"not UTF-8 \xff")])
@pytest.mark.parametrize("is_able", [True, False])
def test_counts_are_those_of_the_pure_kernel(
    index: AnagramIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, is_able: bool
) -> None:
    monkeypatch.setattr(kernel_module, "CAN_READ_FILES", is_able)
    contents = [MARK + b"Cat's dog \xff stop", b"", b"act", b"the " * 900] * 2 * MANY_FILES
    ranges = written(tmp_path, contents, name=name)
    expected = counted(ExerciseKernel(index, ExerciseTokenizer()), ranges, index)
    assert expected[0] == 2 * MANY_FILES
    assert counted(NumbaKernel(index), ranges, index) == expected


def test_the_interpreter_reads_none_of_them(
    index: AnagramIndex, compiled: NumbaKernel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the other tests would hold without any compiled reading."""
    ranges = [
        part._replace(state=state_of(os.stat(part.path))) for part in written(tmp_path, [b"cat dog"] * 10 * MANY_FILES)
    ]

    def refuse(*_: object) -> bytes:
        raise AssertionError("read by Python")

    monkeypatch.setattr(os, "pread", refuse)
    assert counted(compiled, ranges, index)[1] == 20 * MANY_FILES


@pytest.mark.parametrize("is_shorter", [True, False])
def test_errors_are_told(index: AnagramIndex, compiled: NumbaKernel, tmp_path: Path, is_shorter: bool) -> None:
    ranges = written(tmp_path, [b"cat dog"] * 10 * MANY_FILES)
    bad = Path(ranges[99].path)
    bad.write_bytes(b"cat") if is_shorter else bad.unlink()
    with pytest.raises(InputError, match="became shorter" if is_shorter else "no such file|No such file") as raised:
        counted(compiled, ranges, index)
    assert str(bad) in str(raised.value)
