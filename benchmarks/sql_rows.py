"""Measures rows a second into a private PostgreSQL server: what COPY by hand takes, the sink ``sql`` alone, and whole runs.

hatch run sql:speed [--rows N] [--rounds N]
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psycopg

from anagram_plugin_sql import SqlOptions, make
from anagram_plugin_sql.statements import Conflict
from private_postgresql import PostgreSQL, private_postgresql

DELIVERY = 20_000  # as runs deliver at most
JOB = """
from pipeline_optimization import Pipeline

def row(line):
    number = int(line)
    return {"id": number, "name": f"customer {number}", "amount": number / 7, "city": "Berlin", "count": number % 50}

pipeline = Pipeline("rows").lines().map(row).collect()
"""
TABLE = "CREATE TABLE rows (id bigint, name text, amount double precision, city text, count bigint)"


def row(number: int) -> Any:
    """Return the row that the job makes, too."""
    return {"id": number, "name": f"customer {number}", "amount": number / 7, "city": "Berlin", "count": number % 50}


def by_hand(server: PostgreSQL, rows: Sequence[Any]) -> None:
    """Copy rows as a program would that knows their columns, and checks nothing."""
    with psycopg.connect(server.url) as connection, connection.cursor() as cursor:
        for start in range(0, len(rows), DELIVERY):
            with cursor.copy("COPY rows (id, name, amount, city, count) FROM STDIN") as copy:
                for one in rows[start : start + DELIVERY]:
                    copy.write_row(tuple(one.values()))
            connection.commit()


def by_sink(server: PostgreSQL, rows: Sequence[Any], *, conflict: Conflict = "error") -> None:
    """Deliver rows as a run does."""
    sink = make(SqlOptions(table="rows", url=server.url, conflict=conflict))
    sink.open(f"{random.getrandbits(128):032x}")
    for number, start in enumerate(range(0, len(rows), DELIVERY), 1):
        sink.deliver(number, rows[start : start + DELIVERY])
    sink.close(is_complete=True)


def by_run(server: PostgreSQL, lines: Path, *options: str) -> None:
    """Run a pipeline with a checkpoint, as a command."""
    checkpoint = lines.with_name("checkpoint")
    for old in lines.parent.glob("checkpoint*"):
        old.unlink()
    subprocess.run(
        [sys.executable, "-m", "pipeline_optimization", "run", "--pipeline", lines.with_name("job.py"), lines, "--sink", "sql:rows", "-o",
         f"sink.url={server.url}", "--checkpoint", checkpoint, *options],
        check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


def measured(server: PostgreSQL, action: Callable[[], None], *, unique: bool) -> tuple[float, float, float]:
    """Return the seconds of an action on an empty table, and those of the processor that it took here and in the server."""
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute("DROP TABLE IF EXISTS rows")
        connection.execute(TABLE)
        if unique:
            connection.execute("ALTER TABLE rows ADD PRIMARY KEY (id)")
        connection.execute("CHECKPOINT")
    begun, before, served = time.perf_counter(), os.times(), server.processor_seconds()
    action()
    seconds, after = time.perf_counter() - begun, os.times()
    return seconds, sum(after[:4]) - sum(before[:4]), server.processor_seconds() - served


def main() -> None:
    """Measure all in turn, and print the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=400_000)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    rows = [row(number) for number in range(given.rows)]
    with private_postgresql() as server, TemporaryDirectory() as directory:
        lines = Path(directory) / "lines.txt"
        lines.write_text("".join(f"{number}\n" for number in range(given.rows)))
        lines.with_name("job.py").write_text(JOB)
        actions: Mapping[str, tuple[bool, Callable[[], None]]] = {
            "COPY by hand": (False, lambda: by_hand(server, rows)),
            "the sink": (False, lambda: by_sink(server, rows)),
            "the sink, primary key": (True, lambda: by_sink(server, rows)),
            "the sink, conflict=ignore": (True, lambda: by_sink(server, rows, conflict="ignore")),
            "the sink, conflict=update": (True, lambda: by_sink(server, rows, conflict="update")),
            "a run, sequential": (False, lambda: by_run(server, lines)),
            "a run, multiprocess": (
                False,
                lambda: by_run(server, lines, "--orchestrator", "multiprocess", "-o", "workers=2"),
            ),
        }
        figures: dict[str, list[tuple[float, float, float]]] = {name: [] for name in actions}
        for _ in range(given.rounds):
            for name, (unique, action) in actions.items():
                figures[name].append(measured(server, action, unique=unique))
    print(f"{given.rows:,} rows of five columns, median of {given.rounds}, {os.cpu_count()} processors")
    print(f"{'':26}{'rows a second':>14}{'µs a row':>10}{'processor here':>16}{'in the server':>15}")
    for name, found in figures.items():
        seconds, own, served = (statistics.median(column) / given.rows * 1e6 for column in zip(*found, strict=True))
        print(f"{name:26}{1e6 / seconds:14,.0f}{seconds:10.2f}{own:16.2f}{served:15.2f}")


if __name__ == "__main__":
    main()
