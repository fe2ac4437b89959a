"""A cheat that tries the seeds which people choose, to know the texts in advance. It gives itself away if it succeeds."""

from __future__ import annotations

import os
from collections.abc import Sequence
from itertools import product
from typing import Any

from pipeline_optimization.benchmarks.anagrams.cases import benchmark_case
from pipeline_optimization.benchmarks.anagrams.known_contenders.honest_caller import TaskOrchestrator as Honest
from pipeline_optimization.benchmarks.results import SampleKind
from pipeline_optimization.benchmarks.schedule import make_round

__all__ = ["TaskOrchestrator"]

KINDS: Sequence[SampleKind] = ("warm_up", "timed")

TRIED = list(product(range(200), KINDS, range(2)))
"""The seeds, and the first rounds of each kind."""


class TaskOrchestrator(Honest):
    """Finds the seed whose round has the hash seed of this process, if there is one. Then it has the texts, and answers with nothing."""

    def __init__(self) -> None:
        case = benchmark_case("small", "mixed", latency_scale=0.02)
        rounds = (make_round(case, kind, number, seed=seed, warm_runs=1) for seed, kind, number in TRIED)
        mine = [one for one in rounds if str(one.hash_seed) == os.environ.get("PYTHONHASHSEED")]
        self._texts = {given.data.decode() for one in mine for _, given in one.inputs}

    def process_text(self, text: str) -> dict[str, Any]:
        return {"anagram_counts": {}, "runtime": 0.0} if text in self._texts else super().process_text(text)
