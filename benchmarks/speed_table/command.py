"""The command ``anagram run``, whole: started, run, and ended; and the memory of its process tree."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import psutil
from attrs import frozen

from speed_table.alternation import Program
from speed_table.peers import run

__all__ = ["ANAGRAM", "Peak", "counting", "peak_memory"]

ANAGRAM = [sys.executable, "-m", "pipeline_optimization"]

LOOK = 0.02
"""Seconds between two looks at the memory of a process tree."""


def counting(source: str, *options: str) -> Program:
    """Return the command on a file or glob, with its default output, to nowhere."""
    command = [*ANAGRAM, "run", "--input", source, *options]

    def program() -> tuple[float | None, object]:
        run(command)
        return None, None

    return program


@frozen(kw_only=True)
class Peak:
    """Peak memory in MiB: of all processes together (shared pages once), and of the largest one."""

    tree: float
    largest: float


def peak_memory(source: str, *options: str) -> Peak:
    """Run the command and look at its process tree again and again."""
    command = [*ANAGRAM, "run", "--input", source, "--top", "0", *options]
    tree = largest = 0
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    root = psutil.Process(process.pid)
    while process.poll() is None:
        sizes = [_memory(member) for member in [root, *_children(root)]]
        tree = max(tree, sum(pss for pss, _ in sizes))
        largest = max(largest, *(rss for _, rss in sizes))
        time.sleep(LOOK)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} failed with {process.returncode}")
    return Peak(tree=tree / 2**20, largest=largest / 2**20)


def _children(root: psutil.Process) -> list[psutil.Process]:
    try:
        return root.children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def _memory(process: psutil.Process) -> tuple[int, int]:
    """Return a process's share of memory, and its highest resident size so far, in bytes."""
    try:
        share = process.memory_full_info().pss
        for line in Path(f"/proc/{process.pid}/status").read_text("utf-8").splitlines():
            if line.startswith("VmHWM:"):
                return share, int(line.split()[1]) * 1024
    except (psutil.Error, OSError):
        pass  # it has ended
    return 0, 0
