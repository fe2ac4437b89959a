"""What a comparison is asked to do."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import field, frozen

from pipeline_optimization.benchmarks.inputs import BenchmarkCase
from pipeline_optimization.benchmarks.records import PipelineRecord
from pipeline_optimization.tasks.retry_settings import RetrySettings

__all__ = ["DEFAULT_MEMORY_LIMIT", "ComparisonSettings"]

DEFAULT_MEMORY_LIMIT = 2 << 30
"""Bytes that a contender may take with all its processes."""


@frozen(kw_only=True)
class ComparisonSettings:
    """``rounds`` is None where a time budget (in seconds) decides between ``least_rounds`` and ``most_rounds``.

    ``retry`` is the policy of all contenders that take theirs from the project: plugins, and files that call
    ``tasks.retry_task``. ``timeout`` is in seconds and for each execution, ``memory_limit`` in bytes and for a whole process tree; ``pipeline`` is the user's own one that is compared, None for anagrams; ``memory_rounds`` None means a sixth of the rounds, at least 1.
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
    retry: RetrySettings = field(factory=RetrySettings)
    pipeline: PipelineRecord | None = None
