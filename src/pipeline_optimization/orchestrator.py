"""``TaskOrchestrator``: the pipeline as one object, shaped like the contenders of the harness."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TypedDict

from pipeline_optimization.api import NO_OPTIONS, count_anagrams
from pipeline_optimization.errors import IncompleteRunError, TextTypeError
from pipeline_optimization.registry import Registry
from pipeline_optimization.tasks.environment import DEFAULT_LATENCY_SCALE

__all__ = ["TaskOrchestrator", "TaskResult"]


class TaskResult(TypedDict):
    """The run time in milliseconds, and the number of occurrences of each dictionary anagram."""

    runtime: float
    anagram_counts: dict[str, int]


class TaskOrchestrator:
    """Counts texts with an orchestrator chosen by name.

    ``faults`` is a fault profile; by default that of the environment variable ``ANAGRAM_FAULTS``, else ``none``.
    Raises UnknownComponentError and OptionError at the first text.
    """

    def __init__(
        self,
        orchestrator: str = "sequential",
        *,
        options: Mapping[str, object] = NO_OPTIONS,
        retry: str = "exponential",
        faults: str | None = None,
        latency_scale: float = DEFAULT_LATENCY_SCALE,
        seed: int | None = None,
    ) -> None:
        self._orchestrator = orchestrator
        self._options = options
        self._retry = retry
        self._faults = os.environ.get("ANAGRAM_FAULTS", "none") if faults is None else faults
        self._latency_scale = latency_scale
        self._seed = seed
        self._registry = Registry.load()

    def process_text(self, text: str) -> TaskResult:
        """Count one text.

        Raises TextTypeError, a ValueError, where ``text`` is no string, and IncompleteRunError where an item failed
        for good: a result never pretends to be complete.
        """
        if not isinstance(text, str):
            raise TextTypeError(f"process_text() counts a string, not {type(text).__name__}.")
        report = count_anagrams(
            text,
            orchestrator=self._orchestrator,
            orchestrator_options=self._options,
            retry=self._retry,
            faults=self._faults,
            latency_scale=self._latency_scale,
            seed=self._seed,
            registry=self._registry,
        )
        if not report.is_complete:
            causes = ", ".join(f"{count} x {task} ({error})" for (task, error), count in report.failures.items())
            raise IncompleteRunError(f"Some items failed for good: {causes}.", report=report)
        return {"runtime": report.runtime, "anagram_counts": dict(report.anagram_counts)}
