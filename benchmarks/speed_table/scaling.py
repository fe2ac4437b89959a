"""Section ``scaling``: how time grows from 44 MB to 4.4 GB.

What a run costs whatever its size (start-up, learning the words, printing) is the same in all three and falls out of the
differences: if time is a + b * size ** k, then k is about 1 exactly where both differences are at the same speed.
"""

from __future__ import annotations

from math import log

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
    sizes = [path.stat().st_size for path in paths]
    seconds = [found[str(path)].median for path in paths]
    more = [value - seconds[0] for value in seconds[1:]]
    larger = [size - sizes[0] for size in sizes[1:]]
    exponent = log(more[1] / more[0]) / log(larger[1] / larger[0])
    facts = [f"start-up, with a text of three bytes: {found['start-up'].median:.2f} s"]
    facts += [f"{size / 1e6:.0f} MB: {value:.2f} s" for size, value in zip(sizes, seconds, strict=True)]
    facts.append(
        f"what 440 MB and 4.4 GB take beyond 44 MB: {larger[0] / 1e6 / more[0]:.0f}, {larger[1] / 1e6 / more[1]:.0f} MB/s"
    )
    claim = "time beyond that of 44 MB grows with an exponent of 1.00 ± 0.05"
    return Section(
        timings=list(found.values()),
        facts=facts,
        bars=[Bar(section=NAME, claim=claim, found=f"{exponent:.3f}", holds=abs(exponent - 1) <= 0.05)],
    )
