"""Section ``checkpoint``: what keeping a run on disk costs, on 440 MB, with each kernel."""

from __future__ import annotations

import tempfile
from pathlib import Path

from speed_table.alternation import Bar, Program, Section, Timing, alternate, ratio_of
from speed_table.bench import Bench
from speed_table.command import counting
from speed_table.corpora import LARGE

__all__ = ["measure"]

NAME = "checkpoint"
PLAIN, KEPT = "anagram run", "with --checkpoint"
ROUNDS = {"numba": 15, "python": 3}
"""A run with the compiled kernel takes a second, which differs by more than what is asked; one with the other takes twelve."""


def _kept(source: str, directory: Path, kernel: str) -> Program:
    path = directory / "run.checkpoint"
    program = counting(source, "--kernel", kernel, "--checkpoint", str(path))

    def anew() -> tuple[float | None, object]:
        path.unlink(missing_ok=True)
        return program()

    return anew


def measure(bench: Bench) -> Section:
    source = bench.corpora.repeated_kjv(LARGE)
    timings: list[Timing] = []
    facts, bars = [], []
    with tempfile.TemporaryDirectory() as directory:
        for kernel, least_rounds in ROUNDS.items():
            programs = {
                PLAIN: counting(str(source), "--kernel", kernel),
                KEPT: _kept(str(source), Path(directory), kernel),
            }
            rounds = max(least_rounds, bench.rounds)
            found = alternate(NAME, f"{source.name}, {kernel}", source.stat().st_size, programs, rounds)
            timings += found.values()
            facts += [f"{kernel}: {program}: {timing.median:.2f} s" for program, timing in found.items()]
            ratio = ratio_of(found[KEPT], found[PLAIN])
            claim = f"{kernel}: a run with a checkpoint takes less than 1.03 times as long"
            bars.append(Bar(section=NAME, claim=claim, found=str(ratio), holds=ratio.median < 1.03))
    return Section(timings=timings, facts=facts, bars=bars)
