"""Section ``small-files``: 200,000 files of 1 KB against a loop that only finds, opens and reads them."""

from __future__ import annotations

import sys

from speed_table.alternation import Bar, Section, alternate, ratio_of
from speed_table.bench import Bench
from speed_table.command import counting
from speed_table.peers import run

__all__ = ["measure"]

NAME = "small-files"
OURS, BARE = "anagram run", "bare Python loop"
LOOP = """
import glob, sys
for path in glob.glob(sys.argv[1], recursive=True):
    with open(path, "rb") as file:
        file.read()
"""


def measure(bench: Bench) -> Section:
    pattern = f"{bench.corpora.small_files()}/**/*.txt"

    def bare() -> tuple[float | None, object]:
        run([sys.executable, "-c", LOOP, pattern])
        return None, None

    found = alternate(NAME, pattern, 200_000_000, {BARE: bare, OURS: counting(pattern)}, bench.rounds)
    ratio = ratio_of(found[OURS], found[BARE])
    facts = [f"{program}: {timing.median:.2f} s" for program, timing in found.items()]
    claim = f"{OURS} takes at most 1.5 times the time of a loop that only opens and reads the files"
    bars = [Bar(section=NAME, claim=claim, found=str(ratio), holds=ratio.median <= 1.5)]
    return Section(timings=list(found.values()), facts=facts, bars=bars)
