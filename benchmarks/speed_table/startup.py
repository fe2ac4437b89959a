"""Section ``startup``: the smallest runs, warm, and what they import."""

from __future__ import annotations

import math
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

from speed_table.alternation import Bar, Section, alternate
from speed_table.bench import Bench
from speed_table.command import ANAGRAM
from speed_table.peers import run

__all__ = ["measure"]

NAME = "startup"
COMPILER = ("llvmlite", "numba", "numpy")
WORD = [*ANAGRAM, "run", "--text", "cat"]
LOOKS = 7

OWNERS = {"pipeline_optimization": "ours", "attr": "attrs", "attrs": "attrs", "rich": "rich", "click": "click"}
"""Whose a package is, for people."""

LINE = re.compile(r"^import time: *(\d+) \| *\d+ \| *(\S+)$", re.MULTILINE)
"""What ``-X importtime`` writes for a module: microseconds of its own, with those that it imports, and its name."""


def _run() -> tuple[float | None, object]:
    run(WORD)
    return None, None


def measure(bench: Bench) -> Section:
    timing = alternate(NAME, "cat", 3, {"anagram run --text cat": _run}, max(9, bench.rounds))["anagram run --text cat"]
    imported = _milliseconds(WORD)
    heavy = sorted({name.partition(".")[0] for name in imported}.intersection(COMPILER))
    element_run = str(Path(__file__).with_name("element_run.py"))
    pipeline = [sys.executable, element_run, "sum", str(bench.corpora.numbers(1)), "sequential"]
    return Section(
        timings=[timing],
        facts=[
            f"anagram run --text cat imports: {_by_owner(imported)}",
            f"a pipeline that sums one line imports: {_by_owner(_milliseconds(pipeline))}",
        ],
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


def _milliseconds(command: list[str]) -> Mapping[str, float]:
    """Return how long each module took to import without those that it imports, the least of some programs."""
    least: dict[str, float] = {}
    for _ in range(LOOKS):
        program = [command[0], "-X", "importtime", *command[1:]]
        told = subprocess.run(program, capture_output=True, text=True, check=True).stderr
        for own, name in LINE.findall(told):
            least[name] = min(int(own) / 1000, least.get(name, math.inf))
    return least


def _by_owner(imported: Mapping[str, float]) -> str:
    totals: dict[str, float] = defaultdict(float)
    for name, milliseconds in imported.items():
        package = name.partition(".")[0]
        totals[OWNERS.get(package, "plugins" if package.startswith("anagram_") else "Python and the rest")] += (
            milliseconds
        )
    return ", ".join(f"{owner} {total:.0f} ms" for owner, total in sorted(totals.items(), key=lambda one: -one[1]))
