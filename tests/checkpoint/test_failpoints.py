"""A checkpoint whose every access may fail, or be the last thing that the process does."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline_optimization import Registry, count_anagrams
from pipeline_optimization.errors import CheckpointError
from pipeline_optimization.pipeline import run_checkpoint

TEXT = "The cat's act: stop, spot, post! " * 60
"""It is long enough for some fifty commits of results. Whatever is new is committed each time, so more of them would be alike."""

FUSED: dict[str, Any] = {"chunk_size": 40}
STAGED: dict[str, Any] = {
    "chunk_size": 2000,
    "faults": "exercise",
    "latency_scale": 0.0,
    "seed": 3,
    "retry_options": {"base": 0.0, "attempts": 30},
}


class DeathError(BaseException):
    """The process ends here."""


class FailingConnection(sqlite3.Connection):
    """A connection that fails at one of its statements: before it, or after it was carried out."""

    calls = 0
    fails_at = 0
    is_after = False
    error: Callable[[], BaseException] = DeathError

    def execute(self, *arguments: Any) -> sqlite3.Cursor:
        return self._guarded(super().execute, *arguments)

    def executemany(self, *arguments: Any) -> sqlite3.Cursor:
        return self._guarded(super().executemany, *arguments)

    def _guarded(self, execute: Callable[..., sqlite3.Cursor], *arguments: Any) -> sqlite3.Cursor:
        kind = type(self)
        kind.calls += 1
        if kind.calls != kind.fails_at:
            return execute(*arguments)
        if kind.is_after:
            execute(*arguments)
        raise kind.error()


def failing(at: int, *, is_after: bool, error: Callable[[], BaseException]) -> type[FailingConnection]:
    return type("Failing", (FailingConnection,), {"calls": 0, "fails_at": at, "is_after": is_after, "error": error})


@pytest.mark.parametrize("options", [FUSED, STAGED], ids=["fused", "staged"])
@pytest.mark.parametrize("is_after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("kind", ["death", "disk"])
@pytest.mark.parametrize("step", [301, pytest.param(1, marks=pytest.mark.soak)])
def test_every_statement_may_fail(
    options: dict[str, Any],
    is_after: bool,
    kind: str,
    step: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    registry: Registry,
) -> None:
    """Whichever statement fails or is the last, the run that goes on counts everything once.

    The first statements make the file, so each of them is tried in any case. Whatever is new is committed, so that the
    statements do not depend on the time.
    """
    monkeypatch.setattr(run_checkpoint, "SHARE", math.inf)
    options = {**options, "registry": registry}  # looking plugins up again would take longer than the rest
    whole = count_anagrams(TEXT, **options)
    connect = sqlite3.connect

    def error() -> BaseException:
        return DeathError() if kind == "death" else sqlite3.OperationalError("disk I/O error")

    statement = 1
    while True:
        path = tmp_path / f"{statement}"
        connection = failing(statement, is_after=is_after, error=error)
        with monkeypatch.context() as patch:
            patch.setattr(sqlite3, "connect", lambda *a, c=connection, **k: connect(*a, **{**k, "factory": c}))
            try:
                report = count_anagrams(TEXT, checkpoint=path, **options)
            except DeathError:
                assert kind == "death"
            except CheckpointError as failure:
                assert kind == "disk"
                assert "disk I/O error" in str(failure)  # noqa: PT017 - which statement fails is not known before
            else:
                assert connection.calls < statement, "the failure was swallowed"
                assert report.anagram_counts == whole.anagram_counts
                assert statement > 40
                return
        resumed = count_anagrams(TEXT, checkpoint=path, resume=True, **options)
        assert resumed.anagram_counts == whole.anagram_counts, f"after statement {statement}"
        assert resumed.words == whole.words
        statement += 1 if statement < 20 else step
