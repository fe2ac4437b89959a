"""Section ``scaling``: how time grows from 44 MB to 4.4 GB.

Start-up is measured apart, on a text of three bytes with the kernel that large texts get, and taken off.
"""

from __future__ import annotations

from math import log
from statistics import linear_regression

from speed_table.alternation import Bar, Section, alternate
from speed_table.bench import Bench
from speed_table.command import ANAGRAM, counting
from speed_table.corpora import HUGE, LARGE
from speed_table.peers import run

__all__ = ["measure"]

NAME = "scaling"


def _start_up() -> tuple[float | None, object]:
    run([*ANAGRAM, "run", "--text", "cat", "--kernel", "numba"])
    return None, None


def measure(bench: Bench) -> Section:
    paths = [bench.corpora.repeated_kjv(times) for times in (10, LARGE, HUGE)]
    programs = {str(path): counting(str(path)) for path in paths}
    found = alternate(NAME, "", 0, {"start-up": _start_up, **programs}, bench.rounds)
    start_up = found["start-up"].median
    sizes = [path.stat().st_size for path in paths]
    seconds = [found[str(path)].median for path in paths]
    whole, net = (
        linear_regression([log(size) for size in sizes], [log(value) for value in values]).slope
        for values in (seconds, [value - start_up for value in seconds])
    )
    facts = [f"start-up: {start_up:.2f} s"]
    facts += [f"{size / 1e6:.0f} MB: {value:.2f} s" for size, value in zip(sizes, seconds, strict=True)]
    facts.append(f"exponent with start-up: {whole:.3f}")
    claim = "time without start-up grows with an exponent of 1.00 ± 0.05"
    return Section(
        timings=list(found.values()),
        facts=facts,
        bars=[Bar(section=NAME, claim=claim, found=f"{net:.3f}", holds=abs(net - 1) <= 0.05)],
    )
