"""What a comparison is asked to do."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from pipeline_optimization.benchmarks.profiles import BenchmarkCase

__all__ = ["DEFAULT_MEMORY_LIMIT", "ComparisonSettings"]

DEFAULT_MEMORY_LIMIT = 2 << 30
"""Bytes that a contender may take with all its processes."""


@frozen(kw_only=True)
class ComparisonSettings:
    """``rounds`` is None where a time budget (in seconds) decides between ``least_rounds`` and ``most_rounds``.

    ``timeout`` is in seconds and for each execution, ``memory_limit`` in bytes and for a whole process tree; ``memory_rounds`` None means a quarter of the rounds, at least 3.
    """

    cases: Sequence[BenchmarkCase]
    reference: str
    seed: int
    rounds: int | None
    workers: int
    timeout: float
    command: str
    memory_limit: int = DEFAULT_MEMORY_LIMIT
    time_budget: float | None = None
    least_rounds: int = 6
    most_rounds: int = 30
    memory_rounds: int | None = None
    noise_threshold: float = 0.02
