"""Section ``startup``: the smallest run, warm, and what it imports."""

from __future__ import annotations

import subprocess
import sys

from speed_table.alternation import Bar, Section, alternate
from speed_table.bench import Bench
from speed_table.command import ANAGRAM
from speed_table.peers import run

__all__ = ["measure"]

NAME = "startup"
COMPILER = ("llvmlite", "numba", "numpy")


def _run() -> tuple[float | None, object]:
    run([*ANAGRAM, "run", "--text", "cat"])
    return None, None


def measure(bench: Bench) -> Section:
    timing = alternate(NAME, "cat", 3, {"anagram run --text cat": _run}, max(9, bench.rounds))["anagram run --text cat"]
    command = [sys.executable, "-X", "importtime", *ANAGRAM[1:], "run", "--text", "cat"]
    imported = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    modules = {line.rpartition("|")[2].strip().partition(".")[0] for line in imported.splitlines()}
    heavy = sorted(modules.intersection(COMPILER))
    return Section(
        timings=[timing],
        bars=[
            Bar(
                section=NAME,
                claim="anagram run --text cat takes less than 0.35 s",
                found=f"{timing.median:.3f} s ({min(timing.seconds):.3f} to {max(timing.seconds):.3f})",
                holds=timing.median < 0.35,
            ),
            Bar(
                section=NAME,
                claim="it imports no compiler",
                found=", ".join(heavy) or f"none of {', '.join(COMPILER)}",
                holds=not heavy,
            ),
        ],
    )
