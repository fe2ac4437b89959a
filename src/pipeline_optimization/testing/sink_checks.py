"""Checks of sinks."""

from __future__ import annotations

import copy
import datetime as dt
import os
import signal
import warnings
from collections.abc import Sequence
from uuid import uuid4

from pipeline_optimization.errors import RefusedRowsError
from pipeline_optimization.testing.checks import Check, CheckFailedError, CheckSkippedError, require
from pipeline_optimization.testing.component_checks import REGISTRATION_CHECKS
from pipeline_optimization.testing.sink_subject import Place, SinkSubject
from pipeline_optimization.types import Row, Sink

__all__ = ["SINK_CHECKS"]


class _Odd:
    """A value of an unknown type."""


MANY = 100

AWKWARD: Sequence[object] = (
    None,
    True,
    "",
    "\0",
    'a\nb\r\n"c",;\'',
    "\ud800",
    "é" * 100_000,
    10**30,
    -1.5,
    float("nan"),
    b"\xff\0",
    dt.datetime(2026, 1, 2, 3, 4, tzinfo=dt.UTC),
    [],
    (1, [2, {"x": None}]),
    {"": {}},
    _Odd(),
)
"""Values that are rare in rows. Each of them is used as a row, and in place of each value of a good row."""


def a_new_run_begins_at_zero(subject: SinkSubject) -> None:
    """A run that the sink does not know has made no delivery, and opening it shows nothing."""
    with subject.place() as place:
        sink = place.opened(place.run, 0)
        sink.close(is_complete=False)
        require(not place.shown(), f"Before any delivery there are rows: {place.shown()}.")


def rows_arrive(subject: SinkSubject) -> None:
    """When the run is complete, all delivered rows are there, each once."""
    with subject.place() as place:
        _whole_run(place, place.run, subject.rows)
        _require_rows(place, subject.rows)


def the_number_is_kept(subject: SinkSubject) -> None:
    """A run that goes on is told the number of its last delivery."""
    with subject.place() as place:
        _part_of_a_run(place, subject.rows)
        place.opened(place.run, 2).close(is_complete=False)


def a_run_goes_on(subject: SinkSubject) -> None:
    """A run that was stopped goes on, and in the end all of its rows are there, each once."""
    with subject.place() as place:
        _part_of_a_run(place, subject.rows[:2])
        sink = place.opened(place.run, 2)
        sink.deliver(3, list(subject.rows[2:]))
        sink.close(is_complete=True)
        _require_rows(place, subject.rows)


def a_complete_run_goes_on(subject: SinkSubject) -> None:
    """A complete run is opened again, to try failed elements again, and nothing is lost if no row is delivered."""
    with subject.place() as place:
        _whole_run(place, place.run, subject.rows[:2])
        place.opened(place.run, 2).close(is_complete=True)
        _require_rows(place, subject.rows[:2])
        sink = place.opened(place.run, 2)
        sink.deliver(3, list(subject.rows[2:]))
        sink.close(is_complete=True)
        _require_rows(place, subject.rows)


def a_death_loses_and_doubles_nothing(subject: SinkSubject) -> None:
    """If a process is killed after its deliveries, they are complete, with their numbers."""
    with subject.place() as place:
        _die_after(place, subject.rows[:2])
        sink = place.opened(place.run, 2)
        sink.deliver(3, list(subject.rows[2:]))
        sink.close(is_complete=True)
        _require_rows(place, subject.rows)


def a_doubled_delivery_changes_nothing(subject: SinkSubject) -> None:
    """A delivery whose number is committed is not made again, neither in the same run nor after it went on."""
    with subject.place() as place:
        rows = subject.rows
        sink = place.opened(place.run, 0)
        sink.deliver(1, list(rows[:1]))
        sink.deliver(1, list(rows[:1]))
        sink.deliver(2, list(rows[1:2]))
        sink.close(is_complete=False)
        sink = place.opened(place.run, 2)
        sink.deliver(2, list(rows[2:]))
        sink.deliver(1, list(rows[2:]))
        sink.deliver(3, list(rows[2:]))
        sink.close(is_complete=True)
        _require_rows(place, rows)


def runs_are_kept_apart(subject: SinkSubject) -> None:
    """Opening one run neither shows nor removes what another one has delivered."""
    with subject.place() as place:
        _whole_run(place, place.run, subject.rows)
        other = place.opened(uuid4().hex, 0)
        other.close(is_complete=False)
        place.opened(place.run, 2).close(is_complete=False)
        _require_rows(place, subject.rows)


def a_run_without_identity_is_all_or_nothing(subject: SinkSubject) -> None:
    """A run without identity cannot go on. None of its rows is seen before it is complete, and none at all if it never is."""
    with subject.place() as place:
        sink = place.opened(None, 0)
        sink.deliver(1, list(subject.rows[:1]))
        require(not place.shown(), f"Before the run is complete there are rows: {place.shown()}.")
        sink.deliver(2, list(subject.rows[1:]))
        sink.close(is_complete=False)
        require(not place.shown(), f"The run was stopped, and there are rows of it: {place.shown()}.")
        _whole_run(place, None, subject.rows)
        _require_rows(place, subject.rows)


def refused_rows_commit_nothing(subject: SinkSubject) -> None:
    """If rows of a delivery are refused, the error names them, nothing is committed, and the delivery can be made without them."""
    if not subject.refused:
        raise CheckSkippedError("no row is known that it refuses: refused = [...]")
    with subject.place() as place:
        good, second = list(subject.rows[:1]), list(subject.rows[1:])
        sink = place.opened(place.run, 0)
        sink.deliver(1, good)
        mixed = [second[0], *subject.refused, *second[1:]]
        bad = set(range(1, 1 + len(subject.refused)))
        while bad:
            refused = _refused(sink, 2, mixed)
            require(
                set(refused) <= bad and bool(refused),
                f"It refused the rows {sorted(refused)}; bad are {sorted(bad)} at most.",
            )
            require(all(refused.values()), f"It does not say why: {refused}.")
            mixed = [row for at, row in enumerate(mixed) if at not in refused]
            bad = set(range(1, 1 + len(bad) - len(refused)))
        sink.close(is_complete=False)
        sink = place.opened(place.run, 1)
        sink.deliver(2, mixed)
        sink.close(is_complete=True)
        _require_rows(place, subject.rows)


def awkward_rows_are_taken_or_refused(subject: SinkSubject) -> None:
    """Any row is either taken completely, or refused by RefusedRowsError. Other rows are not affected."""
    with subject.place() as place:
        sink = place.opened(place.run, 0)
        sink.deliver(1, list(subject.rows))
        number, taken = 1, len(subject.rows)
        for row in _awkward_rows(subject.rows[0]):
            try:
                sink.deliver(number + 1, [row])
            except RefusedRowsError as error:
                require(set(error.refused) == {0}, f"Of one row it refused {sorted(error.refused)}.")
                continue
            number, taken = number + 1, taken + 1
        sink.close(is_complete=True)
        place.opened(place.run, number).close(is_complete=True)
        found = len(place.shown())
        require(found == taken, f"It took {taken} rows, and there are {found}.")


def rows_are_left_as_they_are(subject: SinkSubject) -> None:
    """The sink changes neither the rows that it gets nor their list."""
    with subject.place() as place:
        rows, before = list(subject.rows), copy.deepcopy(list(subject.rows))
        sink = place.opened(place.run, 0)
        sink.deliver(1, rows)
        sink.close(is_complete=True)
        require([*map(repr, rows)] == [*map(repr, before)], f"It made {rows} of the rows {before}.")


def many_deliveries(subject: SinkSubject) -> None:
    """A hundred deliveries arrive, and the last number is returned."""
    with subject.place() as place:
        sink = place.opened(place.run, 0)
        row = [subject.rows[0]]
        for number in range(1, MANY + 1):
            sink.deliver(number, row)
        sink.close(is_complete=True)
        place.opened(place.run, MANY).close(is_complete=True)
        _require_rows(place, row * MANY)


def _whole_run(place: Place, run: str | None, rows: Sequence[Row]) -> None:
    sink = place.opened(run, 0)
    sink.deliver(1, list(rows[:1]))
    sink.deliver(2, list(rows[1:]))
    sink.close(is_complete=True)


def _part_of_a_run(place: Place, rows: Sequence[Row]) -> None:
    sink = place.opened(place.run, 0)
    sink.deliver(1, list(rows[:1]))
    sink.deliver(2, list(rows[1:]))
    sink.close(is_complete=False)


def _require_rows(place: Place, rows: Sequence[Row]) -> None:
    expected, found = sorted(map(repr, rows)), place.shown()
    require(
        found == expected,
        f"{len(expected)} rows were delivered, {_some(expected)}, and there are {len(found)}: {_some(found)}.",
    )


def _some(rows: Sequence[str]) -> str:
    return ", ".join(rows[:5]) + (", ..." if len(rows) > 5 else "")


def _refused(sink: Sink, number: int, rows: Sequence[Row]) -> dict[int, str]:
    try:
        sink.deliver(number, list(rows))
    except RefusedRowsError as error:
        return error.refused
    raise CheckFailedError(f"It took a row that it should refuse: {rows[1]!r}.")


def _awkward_rows(row: Row) -> list[Row]:
    rows: list[Row] = list(AWKWARD)
    if isinstance(row, dict):
        rows += [{**row, name: value} for name in row for value in AWKWARD]
        rows += [{}, {**row, "one more": 1}, dict(list(row.items())[1:]), {1: 2}]
    return rows


def _die_after(place: Place, rows: Sequence[Row]) -> None:
    """Deliver rows, one by one, in a process that is killed afterwards."""
    if not hasattr(os, "fork"):
        raise CheckSkippedError("this system cannot fork")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # threads that it warns of have no part in this
        child = os.fork()
    if child == 0:
        try:
            sink = place.make(place.folder)
            sink.open(place.run)
            for number, row in enumerate(rows, start=1):
                sink.deliver(number, [row])
            os.kill(os.getpid(), signal.SIGKILL)
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    require(os.WIFSIGNALED(status), "In a process that was forked it could not deliver.")


SINK_CHECKS: Sequence[Check[SinkSubject]] = (
    *REGISTRATION_CHECKS,  # type: ignore[arg-type]  # they ask for the choice only
    Check.of(a_new_run_begins_at_zero),
    Check.of(rows_arrive, after=["a_new_run_begins_at_zero"]),
    Check.of(the_number_is_kept, after=["rows_arrive"]),
    Check.of(a_run_goes_on, after=["the_number_is_kept"]),
    Check.of(a_complete_run_goes_on, after=["a_run_goes_on"]),
    Check.of(a_death_loses_and_doubles_nothing, after=["a_run_goes_on"]),
    Check.of(a_doubled_delivery_changes_nothing, after=["a_run_goes_on"]),
    Check.of(runs_are_kept_apart, after=["a_run_goes_on"]),
    Check.of(a_run_without_identity_is_all_or_nothing, after=["rows_arrive"]),
    Check.of(refused_rows_commit_nothing, after=["a_run_goes_on"]),
    Check.of(awkward_rows_are_taken_or_refused, after=["a_complete_run_goes_on"]),
    Check.of(rows_are_left_as_they_are, after=["rows_arrive"]),
    Check.of(many_deliveries, after=["a_complete_run_goes_on"]),
)
