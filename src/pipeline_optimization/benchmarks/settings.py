"""The settings of a comparison."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import field, frozen

from pipeline_optimization.benchmarks.inputs import BenchmarkCase
from pipeline_optimization.benchmarks.results import PipelineRecord
from pipeline_optimization.tasks.retry_settings import RetrySettings

__all__ = ["DEFAULT_MEMORY_LIMIT", "ComparisonSettings"]

DEFAULT_MEMORY_LIMIT = 2 << 30
"""Bytes that a contender may take with all its processes."""


@frozen(kw_only=True)
class ComparisonSettings:
    """The settings of a comparison.

    Attributes:
        cases: The cases.
        reference: The contender that ratios refer to.
        seed: The seed of texts, faults and orders, as it is reported.
        secret_seed: The seed to draw them with, if that is another one (``secret_seeds``).
        rounds: The timed rounds. If it is None, ``time_budget`` decides between ``least_rounds`` and ``most_rounds``.
        workers: The workers of each contender.
        timeout: Seconds that an execution may take.
        command: The command line.
        memory_limit: Bytes that a whole process tree may take.
        time_budget: Seconds that the comparison may take.
        least_rounds: The fewest rounds.
        most_rounds: The most rounds.
        memory_rounds: The rounds for memory. None means a sixth of the rounds, and at least one.
        noise_threshold: The share below which a difference counts as none.
        retry: The policy of all contenders that take theirs from the project: plugins, and files that call ``tasks.retry_task``.
        pipeline: The user's pipeline that is compared, or None for anagrams.
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
    secret_seed: int | None = field(default=None, repr=False)

    @property
    def drawing_seed(self) -> int:
        """Return the seed to draw with."""
        return self.seed if self.secret_seed is None else self.secret_seed
