"""Runs of the command line in sessions of their own, and the processes that belong to them."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Any

import psutil

from checkpoint_log import has_results
from command import ANAGRAM, environment
from session_processes import living

PATIENCE = 60.0

PAUSES = {"forkserver": 0.2, "spawn": 0.2, "fork": 0.05}
"""Seconds between two deaths of workers, by start method: they are there again that quickly."""
# Whoever kills at random makes poison and a broken circuit, of innocent items.
SPARING = ("--poison-after", "1000", "--circuit-breaker", "0")
EAGER = (sys.executable, str(Path(__file__).with_name("eager_commits.py")))


def start(*arguments: str, output: Path, program: Sequence[str] = ANAGRAM) -> subprocess.Popen[bytes]:
    """Start ``anagram run --format json`` in a session of its own; ``output`` gets the report."""
    return subprocess.Popen(
        [*program, "run", "--format", "json", "--output", str(output), *arguments],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=environment(),
        start_new_session=True,
    )


def report_of(process: subprocess.Popen[bytes], output: Path) -> dict[str, Any]:
    """Wait for a run, which must succeed, and return its report."""
    _, stderr = process.communicate(timeout=PATIENCE * 5)
    assert process.returncode == 0, stderr.decode()
    report = json.loads(output.read_text("utf-8"))
    assert isinstance(report, dict)
    return report


def wait_until_it_is_ours(process: subprocess.Popen[bytes]) -> None:
    """Wait until the first lines of ours have put signals off: before them, Python itself prints a traceback."""
    while process.poll() is None:
        status = Path(f"/proc/{process.pid}/status").read_text()
        masks = dict(line.split(":\t") for line in status.splitlines() if line.startswith("Sig"))
        if int(masks["SigBlk"], 16) & 1 << signal.SIGINT - 1 or int(masks["SigCgt"], 16) & 1 << signal.SIGTERM - 1:
            return
        time.sleep(0.001)  # another process starts


def assert_gone(leader: int) -> None:
    """See that no process of a session outlives its leader by more than a moment."""
    until = time.monotonic() + PATIENCE
    while living(leader):
        assert time.monotonic() < until, f"left behind: {living(leader)}"
        time.sleep(0.01)  # other processes end in real time


def workers(leader: int) -> list[psutil.Process]:
    """Return the worker processes of a multiprocess run, whichever its start method."""
    found: list[psutil.Process] = []
    try:
        for child in psutil.Process(leader).children():
            command = " ".join(child.cmdline())
            if "resource_tracker" in command:
                continue
            found += child.children() if "forkserver" in command else [child]
    except psutil.NoSuchProcess:
        return []
    return found


def strike(process: subprocess.Popen[bytes], number: signal.Signals) -> bool:
    """Send a signal to a run, and to all its processes unless it is SIGKILL. Return whether the run was there to be struck."""
    if process.poll() is not None:
        return False
    if number == signal.SIGKILL:
        process.kill()
    else:
        os.killpg(process.pid, number)
    return True


def kill_workers(process: subprocess.Popen[bytes], checkpoint: Path, random: Random, *, pause: float) -> int:
    """Kill one worker of a multiprocess run after the other until it ends, with about ``pause`` seconds between. Return how many."""
    kills = 0
    # Not before the first result: until then, dying workers mean that the set-up does not work.
    while process.poll() is None and not has_results(checkpoint):
        time.sleep(0.01)  # another process writes it
    while process.poll() is None:
        time.sleep(random.expovariate(1 / pause))  # workers die in real time
        if victims := workers(process.pid):
            try:
                random.choice(victims).kill()
                kills += 1
            except psutil.NoSuchProcess:
                continue
    return kills


def end_checkpoint(checkpoint: Path) -> None:
    """See that a checkpoint is sound, and delete it."""
    with closing(sqlite3.connect(checkpoint)) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    checkpoint.unlink()
