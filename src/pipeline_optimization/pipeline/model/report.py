"""The report of a pipeline's run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Generic, TypeVar

from attrs import field, frozen

from pipeline_optimization.engine.stopping import Stop
from pipeline_optimization.engine.tally import FailedItem, TaskStats
from pipeline_optimization.pipeline.summary import Conclusions, RunSummary, counts_to_dict, failed_to_list
from pipeline_optimization.plain_data import plain

if TYPE_CHECKING:
    from pipeline_optimization.types import TimeAccount

__all__ = ["PipelineReport"]

Result = TypeVar("Result")


@frozen(kw_only=True)
class PipelineReport(Conclusions, Generic[Result]):
    """The result of a pipeline and how it came about. Times are in milliseconds.

    Attributes:
        pipeline: The pipeline's name.
        result: The result of its end, or None if a sink took the values. If the run is not complete, it covers only what was finished.
        elements: How many elements the input had.
        options: The options that the pipeline was built with, if a command built it.
        delivered: If a sink took the values, how many it has, those of earlier runs included.
        cache_hits: How many results of earlier runs were used, by step (``@task(cache=...)``).
        summary: The rest: the floor, the start of the workers, the seed.
        is_complete: False if an element failed for good, or something stopped the run (``stop``).
        failed_items: The first 100 elements that failed for good, each with its place in the input and its last error. ``failures`` counts all.
    """

    pipeline: str
    result: Result
    elements: int
    options: Mapping[str, object] = field(factory=dict)
    delivered: int | None = None
    cache_hits: Mapping[str, int] = field(factory=dict)
    summary: RunSummary = field(repr=False)

    @property
    def runtime(self) -> float:
        return self.summary.runtime

    @property
    def tasks(self) -> Mapping[str, TaskStats]:  # type: ignore[override]  # nobody sets it
        return self.summary.tasks

    @property
    def failures(self) -> Mapping[tuple[str, str], int]:  # type: ignore[override]  # as above
        return self.summary.failures

    @property
    def stop(self) -> Stop | None:  # type: ignore[override]  # as above
        return self.summary.stop

    @property
    def failed_items(self) -> Sequence[FailedItem]:
        return self.summary.failed_items

    @property
    def ledger_digest(self) -> str:
        return self.summary.ledger_digest

    @property
    def warnings(self) -> Sequence[str]:
        return self.summary.warnings

    @property
    def account(self) -> TimeAccount | None:
        """Return where the time went, if the run was asked to keep an account."""
        return self.summary.account

    def to_dict(self) -> dict[str, object]:
        """Return the report as plain data for JSON, its keys in reading order.

        In a result, a dictionary whose keys are no texts becomes a list of pairs, and a set becomes a sorted list. NaN, infinity, decimals, times,
        identifiers and paths become texts. Other values for which JSON has no form become their ``repr``.
        """
        summary = self.summary
        return {
            "pipeline": self.pipeline,
            "result": plain(self.result),
            **({} if self.delivered is None else {"delivered": self.delivered}),
            "runtime": round(summary.runtime, 3),
            "complete": self.is_complete,
            "interrupted": self.is_interrupted,
            "stopped": None if summary.stop is None else summary.stop.to_dict(),
            "options": plain(self.options),
            "elements": self.elements,
            "attempts": self.attempts,
            "retries": self.retries,
            "lost": self.lost,
            "cache_hits": dict(self.cache_hits),
            "orchestrator": summary.orchestrator,
            "choice": summary.choice,
            "retry": summary.retry,
            "faults": summary.faults.profile,
            "latency_scale": summary.faults.latency_scale,
            "seed": summary.seed,
            "case": summary.faults.case,
            "chunk_size": summary.chunk_size,
            "encoding": summary.encoding,
            "resumed_items": summary.resumed_items,
            "checkpoint": summary.checkpoint,
            "stale_completions": summary.stale_completions,
            "abandoned_attempts": summary.abandoned_attempts,
            "floor": round(summary.floor, 3),
            "startup": round(summary.startup, 3),
            "account": None if summary.account is None else summary.account.to_dict(),
            **counts_to_dict(self),
            "failed_items": failed_to_list(self.failed_items, with_traceback=True),
            "ledger": {"entries": summary.ledger_entries, "digest": summary.ledger_digest},
            "warnings": list(self.warnings),
        }
