"""Whole runs and workers killed with SIGKILL at random moments: exact counts, no hang, no orphan."""

from __future__ import annotations

import json
import signal
import time
from pathlib import Path
from typing import Any

import pytest

import oracle
import run_sessions
from soak_rounds import Bar, Rounds

pytestmark = pytest.mark.soak

ORCHESTRATORS = ["sequential", "threaded", "asyncio", "multiprocess"]
KILLS = (signal.SIGKILL,)
STOPS = (signal.SIGINT, signal.SIGTERM)
WORKER_KILLS = 67
TEXT = "The cat's act: stop, spot, post! Tea-pot 3 dogs god. Listen, silent enlist; " * 20_000


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("book") / "book.txt"
    path.write_text(TEXT, "utf-8")
    return path


@pytest.fixture(scope="module")
def expected() -> dict[str, int]:
    return oracle.count(TEXT)


@pytest.mark.parametrize("orchestrator", ORCHESTRATORS)
@pytest.mark.parametrize(("signals", "strikes"), [(KILLS, 50), (STOPS, 20)], ids=["killed", "stopped"])
def test_ended_runs_are_resumed(
    orchestrator: str,
    signals: tuple[signal.Signals, ...],
    strikes: int,
    book: Path,
    expected: dict[str, int],
    tmp_path: Path,
    rounds: Rounds,
    bar: Bar,
) -> None:
    """A run and its processes get a signal at a random moment, again and again until it is done; then another begins."""
    struck, lives, strikes = 0, 0, bar(strikes)
    checkpoint, output = tmp_path / "checkpoint", tmp_path / "out.json"
    arguments = [str(book), "--chunk-size", "2000", "--orchestrator", orchestrator, "--checkpoint", str(checkpoint)]
    # On an idle machine many runs end before they are struck.
    for random in rounds(strikes * 10):
        if struck >= strikes and lives == 0:
            break
        lives += 1
        process = run_sessions.start(*arguments, "--resume", output=output)
        time.sleep(random.uniform(0.05, 0.9))  # any moment of a real process will do
        number = random.choice(signals)
        if struck < strikes:
            struck += run_sessions.strike(process, number)
        _, stderr = process.communicate(timeout=run_sessions.PATIENCE * 5)
        # Before Python has its handlers, and when it has let go of them, the signal itself ends the process; and
        # whatever came of a KeyboardInterrupt that struck code from a string, CPython ends as if by SIGINT.
        # On a busy machine Python itself is still starting, which is no affair of ours.
        is_python_starting = stderr.startswith(b"Could not import runpy module")
        assert process.returncode in {128 + number, -number, -signal.SIGINT, 0} or is_python_starting, stderr.decode()
        run_sessions.assert_gone(process.pid)
        if process.returncode == 0:
            check(json.loads(output.read_text("utf-8")), expected)
            run_sessions.end_checkpoint(checkpoint)
            lives = 0
    assert struck >= strikes


@pytest.mark.parametrize("method", run_sessions.PAUSES)
def test_killed_workers_are_replaced(
    method: str, book: Path, expected: dict[str, int], tmp_path: Path, rounds: Rounds, bar: Bar
) -> None:
    """Workers are killed while they start, wait and count; each death costs an attempt at most."""
    kills, wanted = 0, bar(WORKER_KILLS)
    output, checkpoint = tmp_path / "out.json", tmp_path / "checkpoint"
    arguments = ["--orchestrator", "multiprocess", "-o", "workers=3", "-o", f"start={method}", "--chunk-size", "1000"]
    for random in rounds(wanted * 5):
        checkpoint.unlink(missing_ok=True)
        process = run_sessions.start(
            str(book), *arguments, *run_sessions.SPARING, "--checkpoint", str(checkpoint), output=output
        )
        kills += run_sessions.kill_workers(process, checkpoint, random, pause=run_sessions.PAUSES[method])
        check(run_sessions.report_of(process, output), expected)
        run_sessions.assert_gone(process.pid)
        if kills >= wanted:
            break
    assert kills >= wanted
    print(f"{method}: {kills} kills")


def check(report: dict[str, Any], expected: dict[str, int]) -> None:
    assert report["anagram_counts"] == expected
    assert (report["complete"], report["bytes_read"]) == (True, len(TEXT.encode()))
