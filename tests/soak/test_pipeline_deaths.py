"""A user's pipeline whose processes die: the runs themselves on every orchestrator, and workers one by one."""

from __future__ import annotations

import json
import signal
import time
from pathlib import Path
from typing import Any

import pytest

import run_sessions
import user_pipeline
from checkpoint_log import has_results
from soak_rounds import Bar, Rounds
from user_pipeline import Book

pytestmark = pytest.mark.soak

ORCHESTRATORS = ["sequential", "threaded", "asyncio", "multiprocess"]
SIGNALS = (signal.SIGKILL, signal.SIGKILL, signal.SIGINT, signal.SIGTERM)
STRIKES = 8
WORKER_KILLS = 10
LINES = 40_000
INCOMPLETE = 1
"""The exit code of a run in which elements failed for good."""


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Book:
    return Book.write(tmp_path_factory.mktemp("book") / "entries.txt", LINES)


def arguments_of(book: Book, checkpoint: Path, orchestrator: str) -> list[str]:
    pipeline = ["--pipeline", str(user_pipeline.__file__), str(book.path), "--retry", "none"]
    return [*pipeline, "--orchestrator", orchestrator, "--chunk-size", "2000", "--checkpoint", str(checkpoint)]


@pytest.mark.parametrize("orchestrator", ORCHESTRATORS)
def test_ended_runs_are_resumed(orchestrator: str, book: Book, tmp_path: Path, rounds: Rounds, bar: Bar) -> None:
    """A run and its processes get a signal at a random moment, again and again until it is done; then another begins."""
    struck, ended, strikes = 0, 0, bar(STRIKES)
    checkpoint, output = tmp_path / "checkpoint", tmp_path / "out.json"
    # On an idle machine many runs end before they are struck.
    for random in rounds(strikes * 10):
        if struck >= strikes and ended:
            break
        process = run_sessions.start(*arguments_of(book, checkpoint, orchestrator), "--resume", output=output)
        run_sessions.wait_until_it_is_ours(process)
        number = random.choice(SIGNALS)
        # Some are struck while they start, and most with results in hand.
        until = time.monotonic() + (random.uniform(0.0, 0.5) if random.random() < 0.3 else run_sessions.PATIENCE)
        while process.poll() is None and time.monotonic() < until and not has_results(checkpoint):
            time.sleep(0.01)  # another process writes it
        time.sleep(random.expovariate(10.0))  # any moment of a real process will do
        if struck < strikes:
            struck += run_sessions.strike(process, number)
        _, stderr = process.communicate(timeout=run_sessions.PATIENCE * 5)
        assert process.returncode in {128 + number, -number, -signal.SIGINT, INCOMPLETE}, stderr.decode()
        run_sessions.assert_gone(process.pid)
        if process.returncode == INCOMPLETE:
            assert output.exists(), stderr.decode()
            check(json.loads(output.read_text("utf-8")), book)
            run_sessions.end_checkpoint(checkpoint)
            ended += 1
    assert struck >= strikes
    assert ended
    print(f"{orchestrator}: {struck} strikes, {ended} runs to their end")


@pytest.mark.parametrize("method", run_sessions.PAUSES)
def test_killed_workers_are_replaced(method: str, book: Book, tmp_path: Path, rounds: Rounds, bar: Bar) -> None:
    """Workers are killed while they start, wait and work; each death costs an attempt at most, and no element."""
    kills, wanted = 0, bar(WORKER_KILLS)
    output, checkpoint = tmp_path / "out.json", tmp_path / "checkpoint"
    options = ["-o", "workers=3", "-o", f"start={method}"]
    for random in rounds(wanted * 5):
        if kills >= wanted:
            break
        checkpoint.unlink(missing_ok=True)
        arguments = arguments_of(book, checkpoint, "multiprocess")
        process = run_sessions.start(*arguments, *options, *run_sessions.SPARING, output=output)
        kills += run_sessions.kill_workers(process, checkpoint, random, pause=run_sessions.PAUSES[method])
        _, stderr = process.communicate(timeout=run_sessions.PATIENCE * 5)
        assert process.returncode == INCOMPLETE, stderr.decode()
        check(json.loads(output.read_text("utf-8")), book)
        run_sessions.assert_gone(process.pid)
    assert kills >= wanted
    print(f"{method}: {kills} kills")


def check(report: dict[str, Any], book: Book) -> None:
    """See that every element is in the result or failed, once."""
    assert report["result"] == book.due
    assert (report["elements"], report["stopped"]) == (LINES, None)
    lines = [failed["place"].partition(", line ")[2].partition(":")[0] for failed in report["failed_items"]]
    assert sorted(int(line.replace(",", "")) for line in lines) == list(
        range(user_pipeline.BAD, LINES + 1, user_pipeline.BAD)
    )
