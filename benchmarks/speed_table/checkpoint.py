"""Section ``checkpoint``: what keeping a run on disk costs, on 440 MB, with each kernel."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from statistics import median

from speed_table.alternation import Bar, Program, Section, Timing, alternate, ratio_of
from speed_table.bench import Bench
from speed_table.command import counting
from speed_table.corpora import LARGE
from speed_table.peers import run

__all__ = ["measure"]

NAME = "checkpoint"
PLAIN, KEPT = "anagram run", "with --checkpoint"
ROUNDS = {"numba": 15, "python": 3}
"""A run with the compiled kernel takes a second, which differs by more than what is asked; one with the other takes twelve."""

MOST = 0.03


def _kept(source: str, directory: Path, kernel: str, shares: list[float]) -> Program:
    path, measured = directory / "run.checkpoint", directory / "seconds"
    script = Path(__file__).with_name("kept_run.py")
    command = [sys.executable, str(script), str(measured), "run", "--input", source, "--kernel", kernel]

    def anew() -> tuple[float | None, object]:
        path.unlink(missing_ok=True)
        run([*command, "--checkpoint", str(path)])
        whole, kept = map(float, measured.read_text("utf-8").split())
        shares.append(kept / whole)
        return None, None

    return anew


def measure(bench: Bench) -> Section:
    """Time runs with and without, in turn, and the calls of the checkpoint within those that have one.

    The bar is judged by the calls: the pairs of whole runs differ by several times as much on a machine that others use,
    so that they can only tell of a cost beyond the calls where they agree that there is one.
    """
    source = bench.corpora.repeated_kjv(LARGE)
    timings: list[Timing] = []
    facts, bars = [], []
    with tempfile.TemporaryDirectory() as directory:
        for kernel, least_rounds in ROUNDS.items():
            shares: list[float] = []
            programs = {
                PLAIN: counting(str(source), "--kernel", kernel),
                KEPT: _kept(str(source), Path(directory), kernel, shares),
            }
            rounds = max(least_rounds, bench.rounds)
            found = alternate(NAME, f"{source.name}, {kernel}", source.stat().st_size, programs, rounds)
            timings += found.values()
            facts += [f"{kernel}: {program}: {timing.median:.2f} s" for program, timing in found.items()]
            whole = ratio_of(found[KEPT], found[PLAIN])
            share = median(shares)
            bars.append(
                Bar(
                    section=NAME,
                    claim=f"{kernel}: the checkpoint takes less than 3 % of the run's time",
                    found=f"{share:.1%} ({min(shares):.1%} to {max(shares):.1%}), whole runs {whole} times as long",
                    holds=share < MOST and whole.lowest < 1 + MOST,
                )
            )
    return Section(timings=timings, facts=facts, bars=bars)
