"""Runs that deliver into files, and whose processes are killed at random moments: in the end each element has exactly one row."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from contextlib import suppress
from importlib import import_module
from pathlib import Path

import psutil
import pytest

import run_sessions
from command import ANAGRAM, environment
from soak_rounds import Bar, Rounds

pytestmark = pytest.mark.soak

LINES = 60_000
KILLS = 15
PIPELINE = """
from pipeline_optimization import Pipeline, task


@task(permanent=(ValueError,))
def record(line):
    number = int(line)
    if number % 1000 == 7:
        raise ValueError("never")
    return {"n": number, "text": "x" * (number % 50)}


pipeline = Pipeline("records").lines().map(record).collect()
"""


@pytest.mark.parametrize(
    ("orchestrator", "suffix"),
    [("sequential", "ndjson"), ("threaded", "csv"), ("multiprocess", "json"), ("multiprocess", "parquet")],
)
def test_each_element_has_one_row(orchestrator: str, suffix: str, tmp_path: Path, rounds: Rounds, bar: Bar) -> None:
    """Runs are killed again and again until they end, and workers are killed between; then their files are whole."""
    command = [
        *(*ANAGRAM, "run", "--pipeline", "p.py", "in.txt", "--orchestrator", orchestrator, "--chunk-size", "3000"),
        *("--retry", "none", f"--output=rows.{suffix}", "--checkpoint", "c", "--resume", *run_sessions.SPARING),
    ]
    kills, most, files = 0, bar(KILLS), 0
    folder: Path | None = None  # that of the run which has not ended
    for random in rounds(most * 10):
        if folder is None:
            if kills >= most:
                break
            files += 1
            folder = folder_of_a_run(tmp_path / str(files))
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        run_sessions.wait_until_it_is_ours(process)
        partial = folder / f"rows.{suffix}.partial"
        before = size_of(partial)
        # Most are killed while they deliver, and some while they start or go on.
        until = time.monotonic() + (random.uniform(0.0, 0.5) if random.random() < 0.2 else run_sessions.PATIENCE)
        while process.poll() is None and time.monotonic() < until and size_of(partial) <= before:
            time.sleep(0.001)  # another process writes it
        time.sleep(random.expovariate(20.0))  # any moment of a real process will do
        if process.poll() is None and kills < most:
            workers = run_sessions.workers(process.pid)
            if workers and random.random() < 0.3:
                with suppress(psutil.NoSuchProcess):  # it has ended by itself; the run is killed all the same
                    random.choice(workers).kill()
                time.sleep(random.expovariate(20.0))  # as above
            process.send_signal(signal.SIGKILL)
            kills += 1
        _, stderr = process.communicate(timeout=run_sessions.PATIENCE * 5)
        run_sessions.assert_gone(process.pid)
        if process.returncode == 1:  # elements failed, as they must
            rows = rows_of(folder / f"rows.{suffix}")
            assert sorted(rows) == [number for number in range(LINES) if number % 1000 != 7]
            folder = None
        else:
            assert process.returncode == -signal.SIGKILL, stderr.decode()
    assert folder is None, "no run came to its end"
    assert kills == most
    print(f"{orchestrator}, {suffix}: {kills} kills in {files} runs")


def folder_of_a_run(folder: Path) -> Path:
    folder.mkdir()
    (folder / "p.py").write_text(PIPELINE)
    (folder / "in.txt").write_text("".join(f"{number}\n" for number in range(LINES)))
    return folder


def size_of(path: Path) -> int:
    """Return how much is there: bytes, or parts."""
    try:
        return len(list(path.iterdir())) if path.is_dir() else path.stat().st_size
    except FileNotFoundError:
        return 0


def rows_of(path: Path) -> list[int]:
    if path.suffix == ".parquet":
        numbers: list[int] = import_module("pyarrow.parquet").read_table(path)["n"].to_pylist()
        return numbers
    text = path.read_text()
    if path.suffix == ".json":
        return [row["n"] for row in json.loads(text)]
    lines = text.splitlines()
    return (
        [int(line.partition(",")[0]) for line in lines[1:]]
        if path.suffix == ".csv"
        else [json.loads(line)["n"] for line in lines]
    )
