"""``TaskOrchestrator``: counting anagrams as one object, in the shape of the harness's contenders."""

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
    """The result of one text: ``runtime`` in milliseconds, and how often each dictionary anagram occurs."""

    runtime: float
    anagram_counts: dict[str, int]


class TaskOrchestrator:
    """Counts texts with an orchestrator chosen by name.

    Attributes:
        startup_ms: Milliseconds of the last text's run time that passed before the orchestrator was open.

    Args:
        orchestrator: The name of an installed orchestrator.
        options: Options of the orchestrator.
        tokenizer: As in ``count_anagrams``, like all components and their options.
        tokenizer_options: Options of the tokenizer.
        signature: The name of the signature.
        signature_options: Options of the signature.
        lexicon: The name of the lexicon.
        lexicon_options: Options of the lexicon.
        kernel: The name of the counting kernel.
        retry: The name of the retry policy. If it is None, ``ANAGRAM_RETRY`` and ``ANAGRAM_RETRY_OPTIONS`` of the environment apply.
        retry_options: Options of the retry policy that ``retry`` names.
        faults: The fault profile. If it is None, ``ANAGRAM_FAULTS`` applies, and ``"none"`` if that is not set.
        latency_scale: Multiplies every simulated time. If it is None, ``ANAGRAM_LATENCY_SCALE`` applies.
        seed: Seeds the simulated waits and failures. If it is None, ``ANAGRAM_SEED`` applies, and a new seed for each text if that is not set.
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
            del chosen["retry_options"]  # the environment's policy has options of its own
        # The environment decides what is None.
        self._chosen = {name: value for name, value in chosen.items() if value is not None}
        self._registry = Registry.load()
        self.startup_ms = 0.0

    def process_text(self, text: str) -> TaskResult:
        """Count one text.

        Args:
            text: The text itself.

        Returns:
            The run time in milliseconds and the counts. A result is never partial.

        Raises:
            TextTypeError: If ``text`` is no string. It is a ValueError.
            UsageError: For unknown names and wrong options, which are looked up here.
            IncompleteRunError: If an item failed for good.
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
