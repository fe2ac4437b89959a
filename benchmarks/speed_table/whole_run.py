"""The whole command on 440 MB with default options, start-up included, against its peers.

Section ``whole-run`` has the fast peers, ``slow-peers`` the others, so that the first is a quick look.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from speed_table.alternation import Bar, Program, Section, alternate, ratio_of
from speed_table.bench import Bench
from speed_table.command import counting
from speed_table.corpora import LARGE

__all__ = ["measure_fast", "measure_slow"]

OURS = "anagram run"
LEAST = {"wc -w": 1.0, "C word counter": 1.5, "polars": 4.0, "mawk": 4.0, "tr | sort | uniq -c": 4.0}
"""How many times as fast as each peer the command is to be."""


def measure_fast(bench: Bench) -> Section:
    return _measure("whole-run", bench, bench.peers.fast)


def measure_slow(bench: Bench) -> Section:
    return _measure("slow-peers", bench, bench.peers.slow)


def _measure(name: str, bench: Bench, peers: Callable[[Path], Mapping[str, Program]]) -> Section:
    path = bench.corpora.repeated_kjv(LARGE)
    programs = {OURS: counting(str(path)), **peers(path)}
    found = alternate(name, path.name, path.stat().st_size, programs, bench.rounds)
    facts, bars = [], []
    for program, timing in found.items():
        facts.append(f"{program}: {timing.median:.2f} s ({min(timing.seconds):.2f} to {max(timing.seconds):.2f})")
        if program in LEAST:
            ratio, least = ratio_of(timing, found[OURS]), LEAST[program]
            claim = f"{OURS} is at least {least:g} times as fast as {program}"
            bars.append(Bar(section=name, claim=claim, found=str(ratio), holds=ratio.median >= least))
    return Section(timings=list(found.values()), facts=facts, bars=bars)
