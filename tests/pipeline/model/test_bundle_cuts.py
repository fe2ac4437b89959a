"""However a bundle is cut, its elements are the same, and the ledger knows them by the same sums."""

from __future__ import annotations

import gzip
import os
import threading
from collections.abc import Iterator, Sequence
from operator import itemgetter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pipeline_functions as f
from pipeline_optimization import Pipeline, Registry, run
from pipeline_optimization.hookspecs import hookimpl
from pipeline_optimization.pipeline.model import contents, parts, time_slice
from pipeline_optimization.pipeline.model.batch import Placed
from pipeline_optimization.pipeline.model.contents import Contents, LinePiece, LineRange, Members
from pipeline_optimization.pipeline.model.elements import position
from pipeline_optimization.pipeline.model.paths import ChildPaths, LineStarts, PathList, Paths, SiblingPaths
from pipeline_optimization.processors import processors
from pipeline_optimization.sources import FileRange
from pipeline_optimization.types import ItemFinished

MEBIBYTE = 1 << 20

TEXTS = st.lists(st.text("ab\r\u00e9 ", max_size=5), max_size=8).map("\n".join)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cuts") / "text.txt"


def elements_of(one: Contents) -> list[Placed]:
    return [element for read in one.reads() for element in read.elements]


def forms(text: str, path: Path) -> Iterator[Contents]:
    data = text.encode()
    path.write_bytes(data)
    yield Members(0, 3, text.split("\n"))
    yield LinePiece(0, 7, 2, data)
    if data:
        yield LineRange(0, FileRange(str(path), 0, len(data), 0), len(data))


@given(text=TEXTS, number=st.integers(1, 20), read=st.integers(1, 9))
@settings(deadline=None)
def test_cuts(path: Path, text: str, number: int, read: int) -> None:
    """Pieces and rests have each element once, in order, at its place, however much of a text is read at once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(contents, "READ_BYTES", read)
        for one in forms(text, path):
            found = elements_of(one)
            pieces = one.split(number)
            assert len(pieces) <= max(number, len(found)) + 1
            if pieces:
                assert [element for _, piece in pieces for element in elements_of(piece)] == found
            for at, (who, _) in enumerate(found):
                assert elements_of(one.after(who[-1])) == found[at:]
            for each in one.reads():
                if each.rest is not None:
                    assert [element for element in found if element[0][-1] >= each.rest] == elements_of(
                        one.after(each.rest)
                    )


LINE_STARTS = st.builds(
    lambda before, lengths, start: LineStarts.of(before, [b"x" * length for length in lengths]).part(start, 7),
    st.integers(0, 99),
    st.lists(st.integers(0, 9), max_size=9),
    st.integers(0, 3),
)

PARENTS = st.one_of(
    LINE_STARTS.map(lambda starts: SiblingPaths((1,), starts)),
    st.lists(st.integers(0, 99), max_size=6, unique=True).map(lambda places: SiblingPaths((1,), places)),
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 99)), max_size=6, unique=True).map(PathList),
)


@st.composite
def all_paths(draw: st.DrawFn) -> Paths:
    """Return paths after some steps that make several of one, or keep some."""
    paths: Paths = draw(PARENTS)
    for is_kept in draw(st.lists(st.booleans(), max_size=4)):
        size = len(paths)
        if is_kept:
            paths = paths.take([number for number in range(size) if draw(st.booleans())])
        else:
            paths = ChildPaths(paths, draw(st.lists(st.integers(0, 3), min_size=size, max_size=size)))
    return paths


@given(paths=all_paths(), data=st.data())
@settings(deadline=None)
def test_paths(paths: Paths, data: st.DataObject) -> None:
    """Paths that are not made have the sums of those that are, and are the same one by one."""
    modulus = 1 << 128
    plain = list(paths)
    assert len(paths) == len(plain)
    assert [paths[number] for number in range(len(plain))] == plain
    assert paths.positions() % modulus == sum(map(position, plain)) % modulus
    weights: Sequence[int] = data.draw(st.lists(st.integers(0, 5), min_size=len(plain), max_size=len(plain)))
    weighted = sum(weight * position(one) for weight, one in zip(weights, plain, strict=True))
    assert paths.weighted(weights) % modulus == weighted % modulus
    start, stop = sorted(data.draw(st.tuples(st.integers(0, len(plain)), st.integers(0, len(plain)))))
    part = paths.part(start, stop)
    assert list(part) == plain[start:stop]
    assert part.positions() % modulus == sum(map(position, plain[start:stop])) % modulus


def test_line_starts() -> None:
    """Lines begin where those before them end, each with one byte for its line end."""
    starts = LineStarts.of(10, ["abc", "", "de"])
    assert list(starts) == [10, 14, 15]
    assert list(starts.part(1, 3)) == [14, 15]
    assert starts.part(1, 3).part(1, 2)[0] == 15


class Unhashable(str):
    """A text that a dictionary does not take."""

    __slots__ = ()
    __hash__ = None  # type: ignore[assignment]


class Stopping(str):
    """A text that is no number, and says so with the wrong exception."""

    __slots__ = ()

    def __int__(self) -> int:
        raise StopIteration


def odd(line: str) -> Any:
    return Unhashable(line) if line == "b" else line


def test_end_is_added_by_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """An element that the end cannot add costs nobody else of its bundle, in whatever block it is, and nothing is added twice."""
    monkeypatch.setattr(time_slice, "GROWTH", 1)  # so that each block is one element
    report = run(Pipeline("letters").lines().map(odd).count(), "a\nc\nb\na\n", orchestrator="sequential")
    assert report.result == {"a": 2, "c": 1}
    assert list(map(itemgetter(0), report.summary.failures)) == ["odd"]


def test_marked_file(tmp_path: Path) -> None:
    """A byte order mark is no part of the first line, and lines have the same places whatever the chunks."""
    path = tmp_path / "marked.txt"
    path.write_bytes(b"\xef\xbb\xbf1\n2\n3\n4\n")
    reports = [run(Pipeline("sum").lines().map(int).sum(), path, chunk_size=size) for size in (1, 3, 1000)]
    assert [report.result for report in reports] == [10, 10, 10]
    assert len({report.ledger_digest for report in reports}) == 1


def test_builtin_that_stops() -> None:
    """A type whose call raises StopIteration costs that element, and ends nothing."""
    values = ["1", Stopping("2"), "3"]
    pipeline = Pipeline("stops").values(str).map(int).collect()
    report = run(pipeline, values, orchestrator="sequential", retry_options={"base": 0.0})
    assert report.result == [1, 3]
    assert report.summary.failures == {("int", "StopIteration"): 1}


class Unsendable:
    """Stays where it is."""

    def __reduce__(self) -> str:
        raise TypeError("it stays here")


def sometimes(line: str) -> Any:
    return Unsendable() if line == "b" else line


def test_values_that_cannot_be_sent_cost_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """A value that no process can be sent costs its own element, whichever blocks the others of its bundle are in."""
    for growth in (1, 4):
        monkeypatch.setattr(time_slice, "GROWTH", growth)
        pipeline = Pipeline("letters").lines().map(sometimes).collect()
        report = run(pipeline, "a\nc\nb\na\n", orchestrator="threaded")
        assert report.result == ["a", "c", "a"]
        assert report.summary.failures == {("sometimes", "UnsendableError"): 1}


CALLED: list[str] = []


def stops(value: str) -> str:
    CALLED.append(value)
    return next(iter(())) if value == "b" else value


def stops_within(value: str) -> str:
    try:
        return stops(value)
    except StopIteration as error:
        raise RuntimeError("nothing there") from error


@pytest.mark.parametrize(("function", "error"), [(stops, "StopIteration"), (stops_within, "RuntimeError")])
def test_function_that_stops(function: Any, error: str) -> None:
    """A function that lets a StopIteration out fails for that element, with its own traceback, and is called once for each."""
    CALLED.clear()
    report = run(Pipeline("stops").values(str).map(function).collect(), ["a", "b", "c"], retry="none")
    assert (report.result, CALLED) == (["a", "c"], ["a", "b", "c"])
    failed = report.failed_items[0].error
    assert failed.type == error
    assert f"in {function.__name__}" in failed.traceback


class Finished:
    """Notes which items ended well."""

    def __init__(self) -> None:
        self.items: list[tuple[str, str]] = []

    @hookimpl
    def anagram_wants_events(self) -> bool:
        return True

    @hookimpl
    def anagram_item_finished(self, event: ItemFinished) -> None:
        self.items.append((event.task, event.item))


def size(value: Any) -> int:
    return len(str(value))


WHOLE: Any = Pipeline("cut")


@pytest.mark.parametrize("name", ["text.txt", "rows.csv", "rows.tsv", "rows.jsonl", "rows.csv.gz"])
def test_no_two_bundles_have_one_name(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is cut, parts, pieces and rests of them have names of their own, by which a checkpoint knows them again."""
    monkeypatch.setattr(time_slice, "QUANTUM", 0.0)  # so that a bundle is one element, and all others its rest
    monkeypatch.setattr(parts, "TOGETHER", 10)
    path, finished, registry = tmp_path / name, Finished(), Registry.load()
    text = "".join(f'{{"a": {number}}}\n' if "jsonl" in name else f"{number}\n" for number in range(60)).encode()
    path.write_bytes(gzip.compress(text) if name.endswith("gz") else text)
    registry.register(finished, "finished")
    pipeline = (WHOLE.lines() if name == "text.txt" else WHOLE.records()).map(size).count()
    arguments: dict[str, Any] = {
        "orchestrator": "sequential",
        "chunk_size": 40,
        "checkpoint": tmp_path / "checkpoint",
        "resume": True,
    }
    first = run(pipeline, path, registry=registry, **arguments)
    assert len(finished.items) == len(set(finished.items)) > 20
    again = run(pipeline, path, **arguments)
    assert (again.result, again.attempts) == (first.result, 0)


def test_no_two_bundles_of_values_have_one_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same of values, which no checkpoint keeps: events name them."""
    monkeypatch.setattr(time_slice, "QUANTUM", 0.0)
    monkeypatch.setattr(parts, "TOGETHER", 10)
    finished, registry = Finished(), Registry.load()
    registry.register(finished, "finished")
    assert run(WHOLE.values(int).map(size).sum(), range(60), orchestrator="sequential", registry=registry).result == 110
    assert len(finished.items) == len(set(finished.items)) > 20


def test_all_workers_read_a_large_file_at_once(tmp_path: Path) -> None:
    """Ranges of a file take no memory of the run's process, however large they are, so no worker waits until others have ended."""
    workers = max(17, processors() + 2) + 1  # together they have more bytes than a run may hold
    path = tmp_path / "large.txt"
    with path.open("wb") as file:
        for number in range(1, workers + 1):
            file.truncate(number * MEBIBYTE - 1)
            file.seek(0, os.SEEK_END)
            file.write(b"\n")
    everyone = threading.Barrier(workers, timeout=20)

    def meet(line: str) -> int:
        everyone.wait()
        return 1

    pipeline = Pipeline("meeting").lines().map(meet).sum()
    options = {"workers": workers}
    report = run(pipeline, path, orchestrator="threaded", orchestrator_options=options, chunk_size=MEBIBYTE)
    assert report.is_complete, report.failed_items
    assert report.result == workers


@pytest.mark.parametrize("orchestrator", ["threaded", "multiprocess"])
def test_all_workers_get_some_of_few_slow_values(orchestrator: str, tmp_path: Path) -> None:
    """Each of four workers has one of four values at the same time, since they are not put into one bundle before it is known how long they take."""
    report = run(
        Pipeline("meeting").values(tuple[str, int]).map(f.meet_others).sum(),
        [(str(tmp_path), number) for number in range(4)],
        orchestrator=orchestrator,
        orchestrator_options={"workers": 4},
        retry="none",
    )
    assert (report.result, list(report.failed_items)) == (6, [])
