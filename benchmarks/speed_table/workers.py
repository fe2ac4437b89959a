"""Section ``workers``: the pure Python kernel on two processes against one, whole commands on 440 MB."""

from __future__ import annotations

from speed_table.alternation import Bar, Section, alternate, ratio_of
from speed_table.bench import Bench
from speed_table.command import counting
from speed_table.corpora import LARGE

__all__ = ["measure"]

NAME = "workers"


def measure(bench: Bench) -> Section:
    path = bench.corpora.repeated_kjv(LARGE)
    two = counting(str(path), "--kernel", "python", "--orchestrator", "multiprocess", "-o", "workers=2")
    programs = {"one process": counting(str(path), "--kernel", "python"), "two processes": two}
    found = alternate(NAME, path.name, path.stat().st_size, programs, bench.rounds)
    ratio = ratio_of(found["one process"], found["two processes"])
    facts = [f"{program}: {timing.median:.2f} s" for program, timing in found.items()]
    claim = "pure Python: multiprocess with 2 workers is at least 1.7 times as fast as one process"
    bars = [Bar(section=NAME, claim=claim, found=str(ratio), holds=ratio.median >= 1.7)]
    return Section(timings=list(found.values()), facts=facts, bars=bars)
