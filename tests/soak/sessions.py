"""Runs of the command line in sessions of their own, and the processes that belong to them."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psutil

from command import ANAGRAM, environment
from processes import living

PATIENCE = 60.0


EAGER = (sys.executable, str(Path(__file__).with_name("eager.py")))


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
