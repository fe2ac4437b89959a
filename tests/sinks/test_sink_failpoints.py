"""A run that delivers into a file, of which each access to the checkpoint and to the file may be the last one, or fail."""

from __future__ import annotations

import errno
import json
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from pipeline_optimization import Pipeline, Registry, run
from pipeline_optimization.errors import CheckpointError, SinkError
from pipeline_optimization.sinks.file import FileSink

NUMBERS = 60
TEXT = "".join(f"{number}\n" for number in range(NUMBERS))


def record(line: str) -> dict[str, int]:
    if line == "41":
        raise ValueError("never")
    return {"n": int(line)}


PIPELINE = Pipeline("records").lines().map(record).collect()
EXPECTED = [{"n": number} for number in range(NUMBERS) if number != 41]


class DeathError(BaseException):
    """The process ends here."""


class Failpoint:
    """Counts accesses, and fails before one of them, or after it was carried out; a dead process does nothing any more."""

    def __init__(self, at: int, *, is_after: bool, error: Callable[[], BaseException]) -> None:
        self.at = at
        self.is_after = is_after
        self.error = error
        self.calls = 0

    def call(self, function: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        self.calls += 1
        if self.calls > self.at and self.error is DeathError:
            raise DeathError
        if self.calls != self.at:
            return function(*arguments, **options)
        if self.is_after:
            function(*arguments, **options)
        raise self.error()

    def guarded(self, function: Callable[..., Any]) -> Callable[..., Any]:
        return lambda *arguments, **options: self.call(function, *arguments, **options)


@contextmanager
def failing(point: Failpoint, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let accesses go by way of a failpoint: statements, writes of the sink, and what makes them safe."""
    connect, write = sqlite3.connect, FileSink._write

    class Connection(sqlite3.Connection):
        def execute(self, *arguments: Any) -> sqlite3.Cursor:
            return point.call(super().execute, *arguments)  # type: ignore[no-any-return]  # it returns what that does

        def executemany(self, *arguments: Any) -> sqlite3.Cursor:
            return point.call(super().executemany, *arguments)  # type: ignore[no-any-return]  # as above

    with monkeypatch.context() as patch:
        patch.setattr(sqlite3, "connect", lambda *a, **k: connect(*a, **{**k, "factory": Connection}))
        patch.setattr(FileSink, "_write", lambda self, *a, **k: point.call(write, self, *a, **k))
        for name in ("fsync", "replace", "open"):
            patch.setattr(os, name, point.guarded(getattr(os, name)))
        yield


def delivered(path: Path, registry: Registry) -> Any:
    options: dict[str, Any] = {"retry": "none", "chunk_size": 50, "registry": registry}
    return run(PIPELINE, TEXT, output=path, checkpoint=path.parent / "c", resume=True, **options)


def rows_in(path: Path) -> list[dict[str, int]]:
    if path.suffix == ".json":
        rows: list[dict[str, int]] = json.loads(path.read_text())
    else:
        rows = import_module("pyarrow.parquet").read_table(path).to_pylist()
    return sorted(rows, key=lambda row: row["n"])


@pytest.mark.parametrize("name", ["rows.json", "rows.parquet"])
@pytest.mark.parametrize("is_after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("kind", ["death", "disk"])
@pytest.mark.parametrize("step", [11, pytest.param(1, marks=pytest.mark.soak)])
def test_every_access_may_fail(
    name: str,
    is_after: bool,
    kind: str,
    step: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    registry: Registry,
) -> None:
    """Whichever access fails or is the last, the run that goes on leaves exactly one row for each element.

    Whatever is new is delivered, so that the accesses do not depend on the time.
    """
    for module in ("run_checkpoint", "delivering"):
        monkeypatch.setattr(f"pipeline_optimization.pipeline.{module}.SHARE", 1e9)

    def error() -> BaseException:
        return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    (tmp_path / "warm").mkdir()
    delivered(
        tmp_path / "warm" / name, registry
    )  # what is imported and cached at first use has accesses that may fail unnoticed
    at = 1 + step // 2
    while True:
        folder = tmp_path / f"{at}"
        folder.mkdir()
        point = Failpoint(at, is_after=is_after, error=DeathError if kind == "death" else error)
        try:
            with failing(point, monkeypatch):
                report = delivered(folder / name, registry)
        except (DeathError, SinkError, CheckpointError, OSError):
            assert point.calls >= at
        else:
            assert point.calls < at, "the failure was swallowed"
            assert at > 50
            return
        report = delivered(folder / name, registry)
        assert report.delivered == len(EXPECTED), f"access {at}"
        assert rows_in(folder / name) == EXPECTED, f"access {at}"
        assert not (folder / f"{name}.partial").exists()
        at += step
