"""Rows that go to a sink: each exactly once, whatever dies in between."""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from attrs import define, field

from generated_pipelines import DEADLY, deadly
from pipeline_optimization import Pipeline, Registry, run
from pipeline_optimization.errors import CheckpointError, OptionError, RefusedRowsError, SinkError
from pipeline_optimization.hookspecs import hookimpl
from pipeline_optimization.pipeline.run import Progress
from pipeline_optimization.types import CheckpointSaved, Component, ComponentOf, NoOptions, Sink
from pipeline_simulation import DeadlyOrchestrator
from similar_cases import some

LINES = "".join(f"{number}\n" for number in range(100))


def number(line: str) -> int:
    return int(line)


def record(line: str) -> dict[str, int]:
    return {"n": int(line)}


NUMBERS = Pipeline("numbers").lines().map(number).collect()
RECORDS = Pipeline("records").lines().map(record).collect()


class CrashError(BaseException):
    """Stands for the death of the process."""


@define
class Table:
    """A database of one table, which outlives the runs that write to it."""

    rows: list[Any] = field(factory=list)
    last: dict[str, int] = field(factory=dict)


@define
class TableSink:
    """Delivers into a table. ``before`` and ``after`` are called around each commit, and may raise."""

    table: Table
    before: Callable[[int, Sequence[Any]], None] = lambda number, rows: None
    after: Callable[[int], None] = lambda number: None
    run: str = ""
    closed: list[bool] = field(factory=list)

    def open(self, run: str | None) -> int:
        self.run = run or "nobody's"
        return self.table.last.get(self.run, 0)

    def deliver(self, number: int, rows: Sequence[Any]) -> None:
        self.before(number, rows)
        if number > self.table.last.get(self.run, 0):
            self.table.rows += rows
            self.table.last[self.run] = number
        self.after(number)

    def close(self, *, is_complete: bool) -> None:
        self.closed.append(is_complete)


def crash_at(when: int) -> Callable[..., None]:
    """Return what kills the run at a delivery of this number."""

    def crash(number: int, *_: object) -> None:
        if number == when:
            raise CrashError

    return crash


@pytest.fixture(autouse=True)
def every_commit_is_due(monkeypatch: pytest.MonkeyPatch) -> None:
    """Deliver after each step of the engine, however long that takes."""
    for module in ("run_checkpoint", "delivering"):
        monkeypatch.setattr(f"pipeline_optimization.pipeline.{module}.SHARE", 1e9)


@pytest.fixture
def numbers(tmp_path: Path) -> Path:
    path = tmp_path / "numbers.txt"
    path.write_text(LINES)
    return path


def goes_on(sink: Sink, numbers: Path, **options: Any) -> Any:
    """Run with a checkpoint, in many small parts."""
    options = {"checkpoint": numbers.with_suffix(".checkpoint"), "resume": True, "chunk_size": 20, **options}
    return run(options.pop("pipeline", NUMBERS), [numbers], sink=sink, **options)


def test_rows_instead_of_a_result() -> None:
    """A sink gets the values, and the report their number; without a checkpoint the run has no identity."""
    table = Table()
    sink = TableSink(table)
    report = run(NUMBERS, LINES, sink=sink)
    assert report.delivered == 100
    assert report.is_complete
    assert report.to_dict()["result"] is None
    assert sorted(table.rows) == list(range(100))
    assert (sink.run, sink.closed) == ("nobody's", [True])


@pytest.mark.parametrize(("when", "side"), some(product([1, 2, 7], ["before", "after"]), every=3))
def test_a_death_around_a_commit(numbers: Path, when: int, side: str) -> None:
    """A run that dies just before or just after the sink has committed delivers each row once when it goes on."""
    table = Table()
    sink = TableSink(table, before=crash_at(when)) if side == "before" else TableSink(table, after=crash_at(when))
    with pytest.raises(SinkError):
        goes_on(sink, numbers)
    assert sink.closed == [False]
    assert max(table.last.values(), default=0) == (when if side == "after" else when - 1)
    report = goes_on(TableSink(table), numbers)
    assert sorted(table.rows) == list(range(100))
    assert report.delivered == 100
    assert report.is_complete
    again = goes_on(TableSink(table), numbers)
    assert (again.delivered, len(table.rows)) == (100, 100)


def test_refused_rows_fail_alone(numbers: Path) -> None:
    """Rows that a sink refuses are elements that failed, with their places; all others are delivered, and a retry delivers what it then takes."""
    table = Table()

    def refuse(number: int, rows: Sequence[Any]) -> None:
        if bad := {at: f"{row} is odd" for at, row in enumerate(rows) if row in {3, 5, 77}}:
            raise RefusedRowsError(bad)

    report = goes_on(TableSink(table, before=refuse), numbers)
    assert sorted(table.rows) == [one for one in range(100) if one not in {3, 5, 77}]
    assert (report.delivered, report.is_complete) == (97, False)
    assert report.failures == {("deliver", "RefusedRow"): 3}
    first = report.failed_items[0]
    assert (first.error.message, first.place) == ("3 is odd", f"{numbers}, line 4: 3")

    same = goes_on(TableSink(table), numbers)
    assert (same.delivered, same.failures) == (97, report.failures)
    still = goes_on(TableSink(table, before=refuse), numbers, retries_failed=True)
    assert (still.delivered, still.failures) == (97, report.failures)
    mended = goes_on(TableSink(table), numbers, retries_failed=True)
    assert (mended.delivered, mended.is_complete) == (100, True)
    assert sorted(table.rows) == list(range(100))


def test_a_row_that_is_refused_again_is_one_item_that_ended(numbers: Path) -> None:
    """A retry runs the element, which is done, and then its row fails. The live line counts it once."""
    table, shown = Table(), [0]

    def refuse(number: int, rows: Sequence[Any]) -> None:
        if bad := {at: "odd" for at, row in enumerate(rows) if row in {3, 5, 77}}:
            raise RefusedRowsError(bad)

    def note(progress: Progress) -> None:
        shown.append(progress.items)

    goes_on(TableSink(table, before=refuse), numbers)
    goes_on(TableSink(table, before=refuse), numbers, retries_failed=True, on_progress=note)
    assert shown[-1] == 3


def test_a_delivery_of_refused_rows_only(numbers: Path) -> None:
    """Where a sink refuses all rows, nothing is delivered, and a run that goes on knows it."""
    table = Table()

    def refuse(number: int, rows: Sequence[Any]) -> None:
        raise RefusedRowsError(dict.fromkeys(range(len(rows)), "no"))

    assert goes_on(TableSink(table, before=refuse), numbers).delivered == 0
    assert goes_on(TableSink(table), numbers).failures == {("deliver", "RefusedRow"): 100}
    assert goes_on(TableSink(table), numbers, retries_failed=True).delivered == 100
    assert sorted(table.rows) == list(range(100))


def test_a_server_that_is_away_for_a_moment(numbers: Path) -> None:
    """A transient error is tried again as the retry policy says; one too many stops the run, which goes on later."""
    table, tries = Table(), []

    def fail(times: int) -> Callable[..., None]:
        def away(number: int, rows: Sequence[Any]) -> None:
            tries.append(number)
            if len(tries) <= times:
                raise SinkError("The server is away.", is_transient=True)

        return away

    policy = {"retry": "fixed", "retry_options": {"delay": 0.0, "attempts": 3}}
    with pytest.raises(SinkError, match=r"^The server is away\.$"):
        goes_on(TableSink(table, before=fail(3)), numbers, **policy)
    assert tries == [1, 1, 1]
    tries.clear()
    assert goes_on(TableSink(table, before=fail(2)), numbers, **policy).delivered == 100
    assert sorted(table.rows) == list(range(100))


def test_a_sink_that_knows_another_number(numbers: Path) -> None:
    """A sink that has lost deliveries, or has more of them than the checkpoint made, is refused."""
    table = Table()
    goes_on(TableSink(table), numbers)
    run_id = next(iter(table.last))
    for last in (0, table.last[run_id] + 1):
        with pytest.raises(CheckpointError, match=f"The sink has {last} deliveries of the run of the checkpoint"):
            goes_on(TableSink(Table(last={run_id: last})), numbers)


def test_what_a_sink_must_not_do(numbers: Path) -> None:
    """Errors of a sink that are not on purpose are told with its name, and rows that there are not cannot be refused."""

    def broken(number: int, rows: Sequence[Any]) -> None:
        raise KeyError("gone")

    with pytest.raises(
        SinkError, match=r"^The sink 'TableSink' failed: KeyError: 'gone' \(.*test_sinks.py, line \d+\)\.$"
    ):
        run(NUMBERS, LINES, sink=TableSink(Table(), before=broken))

    def far(number: int, rows: Sequence[Any]) -> None:
        raise RefusedRowsError({1000: "no"})

    with pytest.raises(SinkError, match=r"refused the rows \[1000\] of 100"):
        run(NUMBERS, LINES, sink=TableSink(Table(), before=far))
    with pytest.raises(OptionError, match=r"ends in one result"):
        run(Pipeline("p").lines().count(), LINES, sink=TableSink(Table()))


def test_files(tmp_path: Path) -> None:
    """The suffix of a file says how rows are written, and nothing else is left where no run could go on."""
    for name, expected in (
        ("rows.ndjson", "".join(f'{{"n": {one}}}\n' for one in range(100))),
        ("rows.csv", "n\n" + LINES),
        ("rows.json", "[\n" + ",\n".join(f'{{"n": {one}}}' for one in range(100)) + "\n]\n"),
    ):
        assert run(RECORDS, LINES, output=tmp_path / name).delivered == 100
        assert (tmp_path / name).read_text() == expected
    assert json.loads((tmp_path / "rows.json").read_text())[99] == {"n": 99}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["rows.csv", "rows.json", "rows.ndjson"]


def test_a_registered_sink() -> None:
    """A plugin's sink is built by its name, with its options."""
    table = Table()

    class Plugin:
        @hookimpl
        def anagram_register_sinks(self) -> Sequence[ComponentOf[Sink]]:
            return [Component(name="table", summary="", factory=lambda _: TableSink(table), options=NoOptions)]

    registry = Registry.load()
    registry.register(Plugin(), "plugin")
    assert run(NUMBERS, LINES, sink="table", registry=registry).delivered == 100
    assert len(table.rows) == 100


def sparse(line: str) -> list[int]:
    return [int(line)] if int(line) % 7 == 0 else []


def test_bundles_that_are_cut_otherwise_the_second_time(numbers: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which bundles there are depends on time: a delivery that is made again has none of its first time, those without rows included."""
    model = "pipeline_optimization.pipeline.model"
    for module in ("run_checkpoint", "delivering"):  # a delivery at the beginning, and one at the end
        monkeypatch.setattr(f"pipeline_optimization.pipeline.{module}.SHARE", 0.0)
    monkeypatch.setattr(f"{model}.time_slice.QUANTUM", 0.0)
    table, pipeline = Table(), Pipeline("sparse").lines().flat_map(sparse).collect()
    for pieces, sink in ((2, TableSink(table, before=crash_at(2))), (3, TableSink(table))):
        monkeypatch.setattr(f"{model}.workload.pieces_for", lambda seconds, *, each, pieces=pieces: pieces)
        try:
            goes_on(sink, numbers, pipeline=pipeline, chunk_size=1000)
        except SinkError:
            assert pieces == 2
    assert sorted(table.rows) == list(range(0, 100, 7))


def deadly_number(line: str) -> int:
    return int(deadly(line))


class FirstIsShort:
    """Time slices of which the first one alone is over after a line."""

    seconds, size, number = 1.0, 1, 0

    def __init__(self, *_: float, **_options: float) -> None:
        FirstIsShort.number += 1
        self.is_over = FirstIsShort.number == 1

    def resume(self) -> None:
        """No clock drives it."""

    note = classmethod(lambda cls, number: None)


def test_pieces_with_a_killer_that_are_cut_otherwise_the_second_time(
    numbers: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A piece that has failed for good is known by its content as well: that of another delivery may have the same name."""
    model = "pipeline_optimization.pipeline.model"
    monkeypatch.setattr("pipeline_optimization.pipeline.run_checkpoint.RunCheckpoint.is_due", False)  # one delivery
    monkeypatch.setattr(f"{model}.time_slice.TimeSlice", FirstIsShort)
    numbers.write_text(f"0\n1\n2\n{DEADLY}\n4\n5\n6\n7\n8\n9\n")
    table, pipeline = Table(), Pipeline("deadly").lines().map(deadly_number).collect()
    for pieces, sink in ((3, TableSink(table, before=crash_at(1))), (1, TableSink(table))):
        monkeypatch.setattr(FirstIsShort, "number", 0)
        monkeypatch.setattr(f"{model}.workload.pieces_for", lambda seconds, *, each, pieces=pieces: pieces)
        try:
            report = goes_on(sink, numbers, pipeline=pipeline, orchestrator=DeadlyOrchestrator(1))
        except SinkError:
            assert pieces == 3
    assert sorted(table.rows) == [0, 1, 2, 4, 5, 6, 7, 8, 9]
    assert [failed.place for failed in report.failed_items] == [f"{numbers}, line 4: {DEADLY!r}"]


class Moment:
    """A value that no checkpoint can keep."""

    def __init__(self, line: str) -> None:
        self.line = line

    def __repr__(self) -> str:
        return f"Moment({self.line})"


def test_values_that_no_checkpoint_keeps(numbers: Path) -> None:
    """A sink takes values of any type, since the checkpoint has none of them; one that is refused cannot be tried again."""
    pipeline, table = Pipeline("moments").lines().map(Moment).collect(), Table()

    def refuse(number: int, rows: Sequence[Any]) -> None:
        if bad := {at: "no" for at, row in enumerate(rows) if row.line == "5"}:
            raise RefusedRowsError(bad)

    assert goes_on(TableSink(table, before=refuse), numbers, pipeline=pipeline).delivered == 99
    again = goes_on(TableSink(table), numbers, pipeline=pipeline, retries_failed=True)
    assert again.delivered == 99
    assert [failed.place for failed in again.failed_items] == [f"{numbers}, line 6: Moment(5)"]
    assert "its value cannot be kept in a checkpoint" in again.failed_items[0].error.message


ODD: dict[str, Any] = {
    "0": {"x": float("nan")},
    "1": {1: 2},
    "2": {"x": [1, (2,)]},
    "3": {"x": dt.date(2026, 1, 2)},
    "4": {"x": "\ud800", "y": True, "z": None},
    "5": 3,
    "6": {"x": object()},
}


def odd(line: str) -> Any:
    return ODD[line]


def test_values_as_json_has_them(tmp_path: Path) -> None:
    """Whatever JSON has a form for is written in the one that reports have, and anything else is refused by name."""
    report = run(Pipeline("odd").lines().map(odd).collect(), "0\n1\n2\n3\n4\n5\n6\n", output=tmp_path / "rows.ndjson")
    assert (tmp_path / "rows.ndjson").read_text().splitlines() == [
        '{"x": "nan"}',
        "[[1, 2]]",
        '{"x": [1, [2]]}',
        '{"x": "2026-01-02"}',
        r'{"x": "\ud800", "y": true, "z": null}',
        "3",
    ]
    assert report.failed_items[0].error.message == "JSON has no form for a value of the type object"


def test_observers_are_told_how_many_items_are_safe(numbers: Path) -> None:
    """Also where items of a delivery that was not made, or of rows that were refused, were taken out of the checkpoint."""

    class Observer:
        items = 0

        @hookimpl
        def anagram_checkpoint_saved(self, event: CheckpointSaved) -> None:
            self.items = event.items

    def refuse(number: int, rows: Sequence[Any]) -> None:
        if bad := {at: "odd" for at, row in enumerate(rows) if row in {3, 5, 77}}:
            raise RefusedRowsError(bad)

    table = Table()
    with pytest.raises(SinkError):
        goes_on(TableSink(table, before=crash_at(3)), numbers)
    for options in ({}, {"retries_failed": True}):
        registry, observer = Registry.load(), Observer()
        registry.register(observer, "observer")
        goes_on(TableSink(table, before=refuse), numbers, registry=registry, **options)
        with closing(sqlite3.connect(numbers.with_suffix(".checkpoint"))) as database:
            assert observer.items == database.execute("SELECT count(*) FROM item").fetchone()[0]
