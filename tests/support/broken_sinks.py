"""Sinks that are wrong in one way each, with the check that finds it, and one that is sound."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline_optimization.errors import RefusedRowsError, SinkError

ROWS: Sequence[Any] = [{"n": 1}, {"n": 2}, {"n": 3}, {"n": 4}]
REFUSED: Sequence[Any] = [{"n": "no number"}, {"n": "nor this"}]


class SoundSink:
    """Keeps runs in a file of JSON, which is written anew for each delivery and takes its place at once. It takes rows whose n is a number."""

    def __init__(self, place: Path) -> None:
        self.path = place / "rows.json"
        self.run: str | None = None
        self.pending: list[Any] = []

    def load(self) -> dict[str, Any]:
        return json.loads(self.path.read_text()) if self.path.exists() else {"rows": [], "last": {}}

    def save(self, content: Mapping[str, Any]) -> None:
        beside = self.path.with_suffix(".new")
        beside.write_text(json.dumps(content))
        beside.replace(self.path)

    def open(self, run: str | None) -> int:
        self.run = run
        self.pending = []
        return 0 if run is None else self.load()["last"].get(run, 0)

    def refused(self, rows: Sequence[Any]) -> dict[int, str]:
        return {
            at: "n is no number"
            for at, row in enumerate(rows)
            if not (isinstance(row, dict) and [*row] == ["n"] and isinstance(row["n"], int))
        }

    def deliver(self, number: int, rows: Sequence[Any]) -> None:
        if refused := self.refused(rows):
            raise RefusedRowsError(refused)
        if self.run is None:
            self.pending += rows
            return
        content = self.load()
        if number > content["last"].get(self.run, 0):
            content["rows"] += rows
            content["last"][self.run] = number
            self.save(content)

    def close(self, *, is_complete: bool) -> None:
        if self.run is None and is_complete:
            content = self.load()
            self.save({**content, "rows": [*content["rows"], *self.pending]})


def read(place: Path) -> Sequence[Any]:
    path = place / "rows.json"
    return json.loads(path.read_text())["rows"] if path.exists() else []


class SaysNothing(SoundSink):
    def open(self, run: str | None) -> Any:
        last = super().open(run)
        return last or None


class LosesTheLastRow(SoundSink):
    def deliver(self, number: int, rows: Sequence[Any]) -> None:
        super().deliver(number, rows if len(rows) == 1 else rows[:-1])


class ForgetsItsNumber(SoundSink):
    def close(self, *, is_complete: bool) -> None:
        super().close(is_complete=is_complete)
        self.save({**self.load(), "last": {}})


class ClearsWhatWasStopped(SoundSink):
    def open(self, run: str | None) -> int:
        last = super().open(run)
        mark = self.path.with_suffix(".stopped")
        if mark.exists() and last:
            self.save({**self.load(), "rows": []})
        mark.unlink(missing_ok=True)
        return last

    def close(self, *, is_complete: bool) -> None:
        super().close(is_complete=is_complete)
        if not is_complete:
            self.path.with_suffix(".stopped").touch()


class ClearsWhatWasComplete(SoundSink):
    def close(self, *, is_complete: bool) -> None:
        super().close(is_complete=is_complete)
        if is_complete:
            done = self.path.with_suffix(".done")
            if done.exists():
                self.save({**self.load(), "rows": []})
            done.touch()

    def open(self, run: str | None) -> int:
        last = super().open(run)
        if not last:
            self.path.with_suffix(".done").unlink(missing_ok=True)
        return last


class CommitsWhenItCloses(SoundSink):
    def __init__(self, place: Path) -> None:
        super().__init__(place)
        self.content: dict[str, Any] | None = None

    def load(self) -> dict[str, Any]:
        if self.content is None:
            self.content = super().load()
        return self.content

    def save(self, content: Mapping[str, Any]) -> None:
        self.content = dict(content)

    def close(self, *, is_complete: bool) -> None:
        super().close(is_complete=is_complete)
        super().save(self.load())


class DeliversTwice(SoundSink):
    def deliver(self, number: int, rows: Sequence[Any]) -> None:
        if self.run is not None and number <= self.load()["last"].get(self.run, 0):
            content = self.load()
            self.save({**content, "rows": [*content["rows"], *rows]})
        super().deliver(number, rows)


class ClearsOtherRuns(SoundSink):
    def open(self, run: str | None) -> int:
        last = super().open(run)
        if run is not None and last == 0:
            self.save({"rows": [], "last": {}})
        return last


class ShowsHalfARun(SoundSink):
    def open(self, run: str | None) -> int:
        return super().open(run or "nobody's") if run else super().open("nobody's") * 0

    def deliver(self, number: int, rows: Sequence[Any]) -> None:
        content = self.load()
        if self.run == "nobody's" and number == 1:
            self.save({"rows": [], "last": {**content["last"], self.run: 0}})
        super().deliver(number, rows)


class CommitsWhatIsGood(SoundSink):
    def deliver(self, number: int, rows: Sequence[Any]) -> None:
        refused = self.refused(rows)
        good = [row for at, row in enumerate(rows) if at not in refused]
        if good:
            super().deliver(number, good)
        if refused:
            raise RefusedRowsError(refused)


class FailsWithAwkwardRows(SoundSink):
    def refused(self, rows: Sequence[Any]) -> dict[int, str]:
        return {at: "n is no number" for at, row in enumerate(rows) if type(row["n"]) is not int}


class ChangesRows(SoundSink):
    def deliver(self, number: int, rows: Sequence[Any]) -> None:
        super().deliver(number, rows)
        for row in rows:
            row["n"] += 1 if len(rows) == len(ROWS) else 0


class HasRoomForFew(SoundSink):
    def deliver(self, number: int, rows: Sequence[Any]) -> None:
        if number > 80:
            raise SinkError("There is no room.")
        super().deliver(number, rows)


BROKEN_SINKS: Mapping[type[SoundSink], str] = {
    SaysNothing: "a_new_run_begins_at_zero",
    LosesTheLastRow: "rows_arrive",
    ForgetsItsNumber: "the_number_is_kept",
    ClearsWhatWasStopped: "a_run_goes_on",
    ClearsWhatWasComplete: "a_complete_run_goes_on",
    CommitsWhenItCloses: "a_death_loses_and_doubles_nothing",
    DeliversTwice: "a_doubled_delivery_changes_nothing",
    ClearsOtherRuns: "runs_are_kept_apart",
    ShowsHalfARun: "a_run_without_identity_is_all_or_nothing",
    CommitsWhatIsGood: "refused_rows_commit_nothing",
    FailsWithAwkwardRows: "awkward_rows_are_taken_or_refused",
    ChangesRows: "rows_are_left_as_they_are",
    HasRoomForFew: "many_deliveries",
}
