"""Section ``distinct``: a text of many different words against ``gcide.txt``: the kernel alone, and the whole command."""

from __future__ import annotations

from anagram_plugin_numba.kernel import NumbaKernel
from pipeline_optimization.anagrams.range_counting import PIECE
from speed_table.alternation import Bar, Program, Section, Timing, alternate, ratio_of
from speed_table.bench import Bench
from speed_table.command import counting
from speed_table.kernels import chunks_of, counting_chunks, gcide_index

__all__ = ["measure"]

NAME = "distinct"


def _timed(program: Program) -> Program:
    """Return a program of which only the time counts: the texts are different ones."""

    def timed() -> tuple[float | None, object]:
        return program()[0], None

    return timed


def measure(bench: Bench) -> Section:
    usual, many = bench.corpora.gcide(), bench.corpora.zipf()
    index = gcide_index()
    programs: dict[str, Program] = {}
    for path in (usual, many):
        one = counting_chunks(NumbaKernel(index), chunks_of(path, PIECE), 1)
        programs[f"kernel, {path.name}"] = _timed(one)
        programs[f"command, {path.name}"] = counting(str(path), "--kernel", "numba")
    found = alternate(NAME, "", 0, programs, bench.rounds)
    timings, facts, bars = [], [], []
    for kind in ("kernel", "command"):
        pair = []
        for path in (usual, many):
            seconds = found[f"{kind}, {path.name}"].seconds
            pair.append(Timing(section=NAME, program=kind, input=path.name, size=path.stat().st_size, seconds=seconds))
        timings += pair
        ratio = ratio_of(pair[0], pair[1])
        facts += [f"{kind}, {timing.input}: {timing.speed:.0f} MB/s" for timing in pair]
        claim = f"{kind}: text of many different words at no less than 0.6 of the speed of {usual.name}"
        bars.append(Bar(section=NAME, claim=claim, found=str(ratio), holds=ratio.median >= 0.6))
    return Section(timings=timings, facts=facts, bars=bars)
