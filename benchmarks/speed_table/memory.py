"""Section ``memory``: peak memory of the process tree, which must not grow with the input."""

from __future__ import annotations

from speed_table.alternation import Bar, Section
from speed_table.bench import Bench
from speed_table.command import peak_memory
from speed_table.corpora import HUGE, LARGE, ZIPF_WORDS

__all__ = ["measure"]

NAME = "memory"
ORCHESTRATORS = ("sequential", "threaded", "asyncio", "multiprocess")


def measure(bench: Bench) -> Section:
    facts, bars = [], []
    large, huge = (str(bench.corpora.repeated_kjv(times)) for times in (LARGE, HUGE))
    for orchestrator in ORCHESTRATORS:
        peak = peak_memory(large, "--orchestrator", orchestrator)
        facts.append(f"440 MB, {orchestrator}: {peak.tree:.0f} MiB in all, {peak.largest:.0f} in the largest process")
        claim = f"each process of {orchestrator} stays below 250 MiB on 440 MB"
        bars.append(Bar(section=NAME, claim=claim, found=f"{peak.largest:.0f} MiB", holds=peak.largest < 250))
    usual, most = peak_memory(large), peak_memory(huge)
    facts.append(f"default options: {usual.tree:.0f} MiB on 440 MB, {most.tree:.0f} on 4.4 GB")
    bars += [
        Bar(section=NAME, claim="below 400 MiB on 4.4 GB", found=f"{most.tree:.0f} MiB", holds=most.tree < 400),
        Bar(
            section=NAME,
            claim="equal on 4.4 GB and 440 MB within 10 %",
            found=f"{most.tree / usual.tree:.2f}",
            holds=abs(most.tree / usual.tree - 1) <= 0.1,
        ),
    ]
    some, many = (peak_memory(str(bench.corpora.zipf(words))).tree for words in (ZIPF_WORDS // 2, ZIPF_WORDS))
    facts.append(f"Zipf text of 100 MB: {some:.0f} MiB with 2.5 million different words, {many:.0f} with 5 million")
    claim = "memory does not grow with different words (2.5 to 5 million, within 10 %)"
    bars.append(Bar(section=NAME, claim=claim, found=f"{many / some:.2f}", holds=many / some <= 1.1))
    return Section(facts=facts, bars=bars)
