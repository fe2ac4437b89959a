"""``TaskOrchestrator``: the pipeline as one object, shaped like the contenders of the harness."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypedDict

from pipeline_optimization.anagrams.plan import AUTO, AnagramOptions
from pipeline_optimization.api import NO_OPTIONS, count_with
from pipeline_optimization.engine.faults import new_seed
from pipeline_optimization.errors import IncompleteRunError, TextTypeError
from pipeline_optimization.plural import counted
from pipeline_optimization.registry import Registry
from pipeline_optimization.sources import TextSource
from pipeline_optimization.tasks.environment import fault_settings
from pipeline_optimization.tasks.retry_settings import RetrySettings

if TYPE_CHECKING:
    from pipeline_optimization.types import FaultProfile

__all__ = ["TaskOrchestrator", "TaskResult"]


class TaskResult(TypedDict):
    """The run time in milliseconds, and the number of occurrences of each dictionary anagram."""

    runtime: float
    anagram_counts: dict[str, int]


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
        faults: str | FaultProfile | Mapping[str, Any] | None = None,
        latency_scale: float | None = None,
        seed: int | None = None,
    ) -> None:
        chosen = {**locals(), "orchestrator_options": options}
        del chosen["self"], chosen["options"]
        if retry is None:
            del chosen["retry_options"]  # they would meet another policy
        # What is None is the environment's to say.
        self._chosen = {name: value for name, value in chosen.items() if value is not None}
        self._registry = Registry.load()
        self.startup_ms = 0.0

    def process_text(self, text: str) -> TaskResult:
        """Count one text.

        Raises TextTypeError, a ValueError, where ``text`` is no string, and IncompleteRunError where an item failed
        for good: a result never pretends to be complete.
        """
        if not isinstance(text, str):
            raise TextTypeError(f"process_text() counts a string, not {type(text).__name__}.")
        faults = fault_settings(seed=new_seed(), faults="none")
        retry = RetrySettings.from_environment()
        given = {
            "faults": faults.profile,
            "latency_scale": faults.latency_scale,
            "seed": faults.seed,
            "case": faults.case,
            "retry": retry.name,
            "retry_options": dict(retry.options),
        }
        options = AnagramOptions.called({**given, **self._chosen})
        report = count_with(options, TextSource(text), registry=self._registry)
        self.startup_ms = report.startup
        if not report.is_complete:
            causes = ", ".join(
                f"{counted(count, 'item')} of {task} ({error})" for (task, error), count in report.failures.items()
            )
            raise IncompleteRunError(f"Some items failed for good: {causes}.", report=report)
        return {"runtime": report.runtime, "anagram_counts": dict(report.anagram_counts)}
