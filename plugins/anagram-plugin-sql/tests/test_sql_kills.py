"""Runs and servers are killed at random moments: each row is there once."""

from __future__ import annotations

import random
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from attrs import define, field
from sqlalchemy.exc import SQLAlchemyError

from command import ANAGRAM, environment
from private_postgresql import PostgreSQL
from sql_database import Database

DELIVERY = 500  # rows
AHEAD = 6  # deliveries that a run may make beyond the one that is waited for, so that it is at work when it is killed
JOB = f"""
import time
from pathlib import Path
from pipeline_optimization import Pipeline
from pipeline_optimization.pipeline.model import outgoing

outgoing.FULL_ROWS = {DELIVERY}  # many deliveries, so that one is under way at many moments
GATE = Path("gate")
passed = 0  # rows up to which the gate was open

def row(line):
    global passed
    number = int(line)
    while number >= passed:  # so that a quick run does not end before it was killed
        passed = int(GATE.read_text() or 0)
        if number >= passed:
            time.sleep(0.005)
    return {{"id": number, "text": "x" * (number % 50)}}

pipeline = Pipeline("numbers").lines().map(row).collect()
"""
PATIENCE = 120.0


@define
class Loading:
    """A run of the command that loads lines into a table, whose keys nobody looks at."""

    directory: Path
    database: Database
    rows: int
    seed: int
    starts: int = 0
    opened: int = 0
    draws: random.Random = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.draws = random.Random(self.seed)
        self.open_gate(0)
        (self.directory / "job.py").write_text(JOB)
        (self.directory / "lines.txt").write_text("".join(f"{number}\n" for number in range(self.rows)))

    def number(self, query: str) -> int:
        """Return what the database answers; -1 if it cannot be asked."""
        with suppress(SQLAlchemyError):
            return int(str(self.database.execute(query)[0][0] or 0))
        return -1

    def deliveries(self) -> int:
        return self.number("SELECT max(number) FROM anagram_deliveries")

    def delivered(self) -> int:
        """Return how many rows are there. It takes long in a large table."""
        return self.number("SELECT count(*) FROM rows")

    def open_gate(self, rows: int) -> None:
        """Let the run go on up to this row, at least."""
        self.opened = max(self.opened, rows)
        (self.directory / "gate.new").write_text(f"{self.opened}")
        (self.directory / "gate.new").replace(self.directory / "gate")

    @contextmanager
    def started(self) -> Iterator[subprocess.Popen[bytes]]:
        self.starts += 1
        with (self.directory / "errors").open("wb") as errors, subprocess.Popen(
            [*ANAGRAM, "run", "--pipeline", "job.py", "lines.txt", "--sink", "sql:rows", "-o", f"sink.url={self.database.url}",
             "--checkpoint", "checkpoint", "--resume", "--chunk-size", "4KiB"],
            cwd=self.directory, env=environment(), stdout=subprocess.DEVNULL, stderr=errors,
        ) as process:  # fmt: skip
            try:
                yield process
            finally:
                process.kill()

    def wait_for_deliveries(self, process: subprocess.Popen[bytes], more: int) -> bool:
        """Return at a random moment behind some deliveries of the process; False if it has ended before."""
        wanted, until = self.deliveries() + more, time.monotonic() + PATIENCE
        delivered = self.delivered()
        self.open_gate((self.opened if delivered < 0 else delivered) + (more + AHEAD) * DELIVERY)
        while self.deliveries() < wanted:
            if process.poll() is not None:
                return False
            assert time.monotonic() < until, "the run makes no deliveries"
            time.sleep(0.005)
        time.sleep(self.draws.uniform(0, 0.05))
        return process.poll() is None

    def errors(self) -> str:
        return (self.directory / "errors").read_text()

    def finish(self) -> None:
        """Run until the run is complete, which takes several starts if the server is away."""
        self.open_gate(self.rows)
        for _ in range(5):
            with self.started() as process:
                code = process.wait(PATIENCE)
            assert "Traceback" not in self.errors()
            if code == 0:
                return
        raise AssertionError(self.errors())

    def check(self) -> None:
        """Hold the table against the input."""
        assert self.database.execute(
            "SELECT count(*), count(DISTINCT id), min(id), max(id), sum(length(text)) FROM rows"
        ) == [(self.rows, self.rows, 0, self.rows - 1, sum(number % 50 for number in range(self.rows)))]


def rows_for(kills: int) -> int:
    """Return how many rows a run needs that is not to end before so many kills, however quick it is."""
    return (kills + 2) * (2 + AHEAD) * DELIVERY


COUNTS = [pytest.param(4, 2, id="short"), pytest.param(50, 10, id="long", marks=pytest.mark.soak)]


@pytest.mark.postgresql
@pytest.mark.parametrize(("runs", "servers"), COUNTS)
def test_kills_of_runs_and_of_the_server(
    server: PostgreSQL, served: Database, tmp_path: Path, runs: int, servers: int
) -> None:
    """A run that is killed and resumed again and again, and whose server is killed besides, delivers each row once."""
    loading = Loading(tmp_path, served, rows=rows_for(runs + servers), seed=runs)
    left = ["run"] * runs + ["server"] * servers
    loading.draws.shuffle(left)
    while left:
        with loading.started() as process:
            while left:
                if not loading.wait_for_deliveries(process, loading.draws.randint(1, 2)):
                    break
                if left[-1] == "run":
                    process.kill()
                    left.pop()
                    break
                server.kill()
                time.sleep(loading.draws.uniform(0, 0.5))
                server.start()
                left.pop()
            code = process.poll()
            assert "Traceback" not in loading.errors()
            assert code != 0 or not left, "the run ended before all kills: give it more rows"
    loading.finish()
    loading.check()
    print(f"{runs} kills of the run, {servers} of the server, {loading.starts} starts, {loading.delivered()} rows")


@pytest.mark.postgresql  # it needs no server, but the time of those tests
@pytest.mark.parametrize("runs", [pytest.param(4, id="short"), pytest.param(50, id="long", marks=pytest.mark.soak)])
def test_kills_of_runs_into_a_file(tmp_path: Path, runs: int) -> None:
    """The same for a file of SQLite."""
    loading = Loading(tmp_path, Database(f"sqlite:///{tmp_path / 'results.db'}"), rows=rows_for(runs), seed=runs)
    for _ in range(runs):
        with loading.started() as process:
            assert loading.wait_for_deliveries(process, loading.draws.randint(1, 2)), loading.errors()
            process.kill()
    loading.finish()
    loading.check()
    print(f"{runs} kills, {loading.starts} starts, {loading.delivered()} rows")
