"""Section ``whole-run``: the whole command on 440 MB with default options, start-up included, against its peers."""

from __future__ import annotations

from speed_table.alternation import Bar, Section, alternate, ratio_of
from speed_table.bench import Bench
from speed_table.command import counting
from speed_table.corpora import LARGE

__all__ = ["measure"]

NAME = "whole-run"
OURS = "anagram run"
LEAST = {"wc -w": 1.0, "C word counter": 1.5, "polars": 4.0, "mawk": 4.0, "tr | sort | uniq -c": 4.0}
"""How many times as fast as each peer the command is to be."""


def measure(bench: Bench) -> Section:
    path = bench.corpora.repeated_kjv(LARGE)
    programs = {OURS: counting(str(path)), **bench.peers.programs(path)}
    found = alternate(NAME, path.name, path.stat().st_size, programs, bench.rounds)
    facts, bars = [], []
    for program, timing in found.items():
        facts.append(f"{program}: {timing.median:.2f} s ({min(timing.seconds):.2f} to {max(timing.seconds):.2f})")
        if program in LEAST:
            ratio, least = ratio_of(timing, found[OURS]), LEAST[program]
            claim = f"{OURS} is at least {least:g} times as fast as {program}"
            bars.append(Bar(section=NAME, claim=claim, found=str(ratio), holds=ratio.median >= least))
    return Section(timings=list(found.values()), facts=facts, bars=bars)
