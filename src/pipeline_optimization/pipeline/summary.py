"""The summary of a run: its tasks, failures, times and warnings, without its result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from attrs import asdict, fields, frozen

from pipeline_optimization.engine.faults import FaultSettings
from pipeline_optimization.engine.stopping import Stop
from pipeline_optimization.engine.tally import FailedItem, TaskStats
from pipeline_optimization.masking import masked

if TYPE_CHECKING:
    from pipeline_optimization.engine.loop import Engine
    from pipeline_optimization.pipeline.absent import NoCheckpoint
    from pipeline_optimization.pipeline.plan import RunPlan
    from pipeline_optimization.pipeline.run_checkpoint import RunCheckpoint
    from pipeline_optimization.types import TimeAccount

__all__ = ["Conclusions", "RunSummary", "counts_to_dict", "failed_to_list", "summary_of", "totals_of"]


class Conclusions:
    """The properties that follow from a run's tasks, failures and stop. Every report has them."""

    __slots__ = ()

    tasks: Mapping[str, TaskStats]
    failures: Mapping[tuple[str, str], int]
    stop: Stop | None

    @property
    def is_complete(self) -> bool:
        return not self.failures and self.stop is None

    @property
    def is_interrupted(self) -> bool:
        """Return whether a signal ended the run."""
        return self.stop is not None and self.stop.is_signal

    @property
    def attempts(self) -> int:
        """Return how many attempts answered. Those that were lost with their workers are counted in ``lost``."""
        return sum(stats.attempts for stats in self.tasks.values())

    @property
    def retries(self) -> int:
        """Return how many attempts were made because an earlier one of the item had failed."""
        return sum(stats.retries for stats in self.tasks.values())

    @property
    def lost(self) -> int:
        """Return how many attempts were lost with their workers."""
        return sum(stats.lost for stats in self.tasks.values())


@frozen(kw_only=True, eq=False, repr=False)
class RunSummary(Conclusions):
    """The part of a report that does not depend on the job. Times are in milliseconds. ``RunReport`` describes the fields."""

    runtime: float
    orchestrator: str
    choice: str
    retry: str
    faults: FaultSettings
    seed: int
    chunk_size: int
    encoding: str
    floor: float
    startup: float
    tasks: Mapping[str, TaskStats]
    failures: Mapping[tuple[str, str], int]
    failed_items: Sequence[FailedItem]
    ledger_entries: int
    ledger_digest: str
    stale_completions: int
    abandoned_attempts: int
    stop: Stop | None
    resumed_items: int
    checkpoint: str
    warnings: Sequence[str]
    account: TimeAccount | None = None

    def parts(self) -> dict[str, Any]:
        """Return all fields by name, with those of the faults, for a report that has them beside its results."""
        parts = {one.name: getattr(self, one.name) for one in fields(RunSummary)}
        return parts | {
            "faults": self.faults.profile,
            "latency_scale": self.faults.latency_scale,
            "case": self.faults.case,
        }


def summary_of(
    plan: RunPlan[Any],
    engine: Engine,
    runtime: float,
    warnings: Sequence[str],
    checkpoint: RunCheckpoint | NoCheckpoint,
) -> RunSummary:
    """Return the summary of a run. ``runtime`` is in milliseconds."""
    options, tally, before = plan.options, engine.tally, checkpoint.failed
    return RunSummary(
        runtime=runtime,
        orchestrator=plan.executor.name,
        choice=plan.executor.choice or getattr(plan.executor.orchestrator, "chosen", ""),
        retry=plan.retry.label,
        faults=options.faults,
        seed=plan.faults.seed,
        chunk_size=options.chunk_size,
        encoding=options.encoding,
        floor=tally.floor * 1000.0,
        startup=engine.startup * 1000.0,
        tasks=tally.tasks,
        failures=dict(before.failures_by_error + tally.failures_by_error),
        failed_items=(*before.failed_items, *tally.failed_items),
        ledger_entries=tally.ledger_entries,
        ledger_digest=tally.ledger_digest,
        stale_completions=tally.stale,
        abandoned_attempts=tally.abandoned,
        stop=engine.stop,
        resumed_items=checkpoint.resumed,
        checkpoint=options.checkpoint or "",
        warnings=(*_misnamed(plan), *warnings),
    )


def _misnamed(plan: RunPlan[Any]) -> Sequence[str]:
    """Return warnings of tasks that only the user's fault profile has, since nothing is simulated for a name that is misspelt."""
    faults = plan.options.faults
    if faults.own is None:
        return ()
    from pipeline_optimization.engine.profiles import misnamed_tasks  # noqa: PLC0415 - hardly any run has a profile of its own

    return [
        f"The fault profile {faults.profile} {told}" for told in misnamed_tasks(faults.own, list(plan.faults.tasks))
    ]


def totals_of(stats: TaskStats) -> dict[str, Any]:
    """Return what became of a task's items and attempts, as plain data."""
    return {**asdict(stats), "errors": dict(stats.errors)}


def counts_to_dict(report: Conclusions) -> dict[str, object]:
    """Return, as plain data, what became of each task's items, and how many items failed for good with each error."""
    return {
        "tasks": {name: totals_of(stats) for name, stats in report.tasks.items()},
        "failures": [
            {"task": task, "error": error, "count": count} for (task, error), count in report.failures.items()
        ],
    }


def failed_to_list(failed_items: Sequence[FailedItem], *, with_traceback: bool = False) -> list[dict[str, object]]:
    """Return items that failed for good as plain data, without passwords in URLs. Tracebacks are for users' own code."""
    return [
        {
            "item": failed.item,
            "task": failed.task,
            "error": failed.error.type,
            "message": masked(failed.error.message),
            **({"traceback": masked(failed.error.traceback)} if with_traceback else {}),
            "attempts": failed.attempts,
            "place": masked(failed.place),
            "poison": failed.is_poison,
        }
        for failed in failed_items
    ]
