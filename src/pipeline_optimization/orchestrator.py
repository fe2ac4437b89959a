"""``TaskOrchestrator``: the pipeline as one object, shaped like the contenders of the harness."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypedDict

from pipeline_optimization.api import NO_OPTIONS, count_anagrams
from pipeline_optimization.engine.draws import new_seed
from pipeline_optimization.errors import IncompleteRunError, TextTypeError
from pipeline_optimization.pipeline.kernels import AUTO
from pipeline_optimization.plural import counted
from pipeline_optimization.registry import Registry
from pipeline_optimization.sources import TextSource
from pipeline_optimization.tasks.environment import fault_settings
from pipeline_optimization.tasks.retry_settings import RetrySettings

__all__ = ["TaskOrchestrator", "TaskResult"]


class TaskResult(TypedDict):
    """The run time in milliseconds, and the number of occurrences of each dictionary anagram."""

    runtime: float
    anagram_counts: dict[str, int]


class _Components(TypedDict):
    orchestrator_options: Mapping[str, object]
    tokenizer: str
    tokenizer_options: Mapping[str, object]
    signature: str
    signature_options: Mapping[str, object]
    lexicon: str
    lexicon_options: Mapping[str, object]
    kernel: str


class TaskOrchestrator:
    """Counts texts with an orchestrator chosen by name.

    What is not given here comes from the environment, as for the tasks (``pipeline_optimization.tasks``), but that
    ``faults``, a fault profile, is ``none`` by default. The components and their options are those of ``count_anagrams``;
    ``options`` are the orchestrator's. Raises UnknownComponentError and OptionError at the first text.
    ``startup_ms`` is the part of the last text's run time until the orchestrator was open.
    """

    def __init__(
        self,
        orchestrator: str = "sequential",
        *,
        options: Mapping[str, object] = NO_OPTIONS,
        tokenizer: str = "exercise",
        tokenizer_options: Mapping[str, object] = NO_OPTIONS,
        signature: str = "letters",
        signature_options: Mapping[str, object] = NO_OPTIONS,
        lexicon: str = "gcide",
        lexicon_options: Mapping[str, object] = NO_OPTIONS,
        kernel: str = AUTO,
        retry: str | None = None,
        retry_options: Mapping[str, object] = NO_OPTIONS,
        faults: str | None = None,
        latency_scale: float | None = None,
        seed: int | None = None,
    ) -> None:
        self._orchestrator = orchestrator
        self._components: _Components = {
            "orchestrator_options": options,
            "tokenizer": tokenizer,
            "tokenizer_options": tokenizer_options,
            "signature": signature,
            "signature_options": signature_options,
            "lexicon": lexicon,
            "lexicon_options": lexicon_options,
            "kernel": kernel,
        }
        self._retry = None if retry is None else RetrySettings(name=retry, options=retry_options)
        self._faults = faults
        self._latency_scale = latency_scale
        self._seed = seed
        self._registry = Registry.load()
        self.startup_ms = 0.0

    def process_text(self, text: str) -> TaskResult:
        """Count one text.

        Raises TextTypeError, a ValueError, where ``text`` is no string, and IncompleteRunError where an item failed
        for good: a result never pretends to be complete.
        """
        if not isinstance(text, str):
            raise TextTypeError(f"process_text() counts a string, not {type(text).__name__}.")
        settings = fault_settings(seed=new_seed(), faults="none")
        retry = self._retry or RetrySettings.from_environment()
        report = count_anagrams(
            TextSource(text),
            orchestrator=self._orchestrator,
            retry=retry.name,
            retry_options=dict(retry.options),
            faults=settings.profile if self._faults is None else self._faults,
            latency_scale=settings.latency_scale if self._latency_scale is None else self._latency_scale,
            seed=settings.seed if self._seed is None else self._seed,
            case=settings.case,
            registry=self._registry,
            **self._components,
        )
        self.startup_ms = report.startup
        if not report.is_complete:
            causes = ", ".join(
                f"{counted(count, 'item')} of {task} ({error})" for (task, error), count in report.failures.items()
            )
            raise IncompleteRunError(f"Some items failed for good: {causes}.", report=report)
        return {"runtime": report.runtime, "anagram_counts": dict(report.anagram_counts)}
