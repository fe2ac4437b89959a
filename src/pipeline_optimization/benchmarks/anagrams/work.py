"""Counting a text's anagrams, as the harness knows any work."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import ClassVar

from attrs import frozen

from pipeline_optimization.benchmarks.anagrams.answers import read_counts
from pipeline_optimization.benchmarks.anagrams.stages import fault_plan
from pipeline_optimization.disk_cache import cache_directory
from pipeline_optimization.engine.faults import FaultPlan, FaultSettings
from pipeline_optimization.orchestrator import TaskOrchestrator
from pipeline_optimization.tasks.find_anagrams_task import find_anagrams

__all__ = ["ANAGRAMS"]


@frozen
class _Anagrams:
    noun: ClassVar[str] = "text"
    call: ClassVar[str] = "process_text()"
    module: ClassVar[str] = "pipeline_optimization.benchmarks.anagrams.subject"
    modules: ClassVar[Sequence[str]] = (
        module,
        "pipeline_optimization.builtin.lexicons",
        "pipeline_optimization.counting.index_cache",
        "pipeline_optimization.orchestrator",
        "pipeline_optimization.tasks.find_anagrams_task",
        "pipeline_optimization.tasks.permutations_task",
    )

    directories: ClassVar[Sequence[str]] = ()

    def prepare(self) -> None:
        _prepare_cache(cache_directory())

    def fault_plan(self, settings: FaultSettings) -> FaultPlan:
        return fault_plan(settings)

    def read_answer(self, body: bytes) -> object:
        return read_counts(body)


ANAGRAMS = _Anagrams()


@cache
def _prepare_cache(_directory: Path) -> None:
    """Put the indexes that contenders open into the cache. What a sample writes there is lost with the sample."""
    find_anagrams.plain("cat")
    TaskOrchestrator(faults="none").process_text("cat")
