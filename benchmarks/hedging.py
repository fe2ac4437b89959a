"""Shows what second copies do to run times, in virtual time: the table of anagram-plugin-hedged's README.

hatch run hedging [SEEDS]
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from statistics import median, quantiles

from anagram_plugin_hedged import HedgedOptions
from anagram_plugin_hedged.building import hedge
from anagram_plugin_hedged.orchestrator import HedgedOrchestrator
from pipeline_optimization import RunReport, count_anagrams
from pipeline_optimization.anagrams.cases import load_cases
from pipeline_optimization.engine.virtual import VirtualOrchestrator
from pipeline_optimization.types import Capabilities, Orchestrator

WORKERS = 1000
SEEDS = 200


def hedged(slack: float) -> HedgedOrchestrator:
    """Return the orchestrator with its default options, but for the slack, before imagined workers."""
    return hedge(VirtualOrchestrator(WORKERS), Capabilities(), HedgedOptions(slack=slack))


def show(name: str, faults: str, make: Callable[[], Orchestrator], seeds: int) -> None:
    """Print median, 95th percentile and largest run time in milliseconds, and how many more attempts there were."""
    text = load_cases()["large"].text
    times, attempts, copies = [], 0, 0
    for seed in range(1, seeds + 1):
        orchestrator = make()
        report: RunReport = count_anagrams(text, orchestrator=orchestrator, faults=faults, seed=seed)
        times.append(report.runtime)
        if isinstance(orchestrator, HedgedOrchestrator):
            attempts += orchestrator.attempts
            copies += orchestrator.copies
    more = f"{copies / attempts:.1%}" if attempts else ""
    print(
        f"| `{faults}` | {name} | {median(times):,.0f} | {quantiles(times, n=20)[-1]:,.0f} | {max(times):,.0f} | {more} |"
    )


def main() -> None:
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else SEEDS
    print(f"The text large, {seeds} seeds, {WORKERS} workers; run times in ms")
    for faults in ("tail", "exercise"):
        show("plain", faults, partial(VirtualOrchestrator, WORKERS), seeds)
        for slack in (1.0, HedgedOptions().slack):
            show(f"hedged, slack {slack}", faults, partial(hedged, slack), seeds)


if __name__ == "__main__":
    main()
