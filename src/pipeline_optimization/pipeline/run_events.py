"""The first and the last event of a run: what was asked for, where it runs, and how it ended."""

from __future__ import annotations

import os
import platform
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from pipeline_optimization.engine.clock import Clock
from pipeline_optimization.engine.loop import Engine
from pipeline_optimization.engine.masked_errors import masked_error
from pipeline_optimization.engine.quota_records import records_of_quotas
from pipeline_optimization.engine.stage import describe_error
from pipeline_optimization.installed import versions
from pipeline_optimization.masking import masked
from pipeline_optimization.pipeline.job import LoadedJob, StartedJob
from pipeline_optimization.pipeline.plan import PIPELINE_FACT, RunPlan
from pipeline_optimization.pipeline.summary import totals_of
from pipeline_optimization.sources import Source, address_of
from pipeline_optimization.types import ErrorRecord, RunFinished, RunStarted, TaskTotals

if TYPE_CHECKING:
    from pipeline_optimization.pipeline.absent import NoCheckpoint
    from pipeline_optimization.pipeline.run_checkpoint import RunCheckpoint
    from pipeline_optimization.types.events import RunEvent

__all__ = ["announced"]

OURS = ("pipeline-optimization", "anagram-plugin-")
"""The names of the project's distributions begin with these."""

MOST_INPUTS = 1000
"""The most names of inputs in an event, because a search may find millions of files."""


@contextmanager
def announced(
    emit: Callable[[RunEvent], None],
    *,
    plan: RunPlan[Any],
    sources: Sequence[Source],
    loaded: LoadedJob[Any],
    job: StartedJob[Any],
    engine: Engine,
    checkpoint: RunCheckpoint | NoCheckpoint,
    clock: Clock,
    begun: float,
    run_id: str,
) -> Iterator[None]:
    """Tell ``emit`` that the run has started, and how it ends, even if that is an error.

    The run's time counts from ``begun``, so that the time account of its events is that of its report.
    """
    started = _started(plan, sources, loaded, clock, begun=begun, run_id=run_id, resumes=checkpoint.follow(run_id))
    emit(started)
    raised: ErrorRecord | None = None
    try:
        yield
    except BaseException as error:
        raised = describe_error(error)
        raise
    finally:
        emit(_finished(job, engine, checkpoint, raised, begun=started.time, now=clock.now(), run_id=run_id))


def _started(
    plan: RunPlan[Any],
    sources: Sequence[Source],
    loaded: LoadedJob[Any],
    clock: Clock,
    *,
    begun: float,
    run_id: str,
    resumes: str,
) -> RunStarted:
    options, executor, faults = plan.options, plan.executor, plan.options.faults
    return RunStarted(
        run_id=run_id,
        time=begun,
        wall=time.time() - (clock.now() - begun),
        orchestrator=executor.name,
        slots=executor.slots,
        seed=plan.faults.seed,
        pipeline=loaded.facts.get(PIPELINE_FACT, ""),
        inputs=tuple(masked(source.name) for source in sources[:MOST_INPUTS]),
        reads=tuple(masked(address) for source in sources[:MOST_INPUTS] if (address := address_of(source))),
        writes=tuple(dict.fromkeys(map(masked, (*plan.writes, *(() if plan.sink is None else plan.sink.writes))))),
        retry=plan.retry.label,
        faults=faults.profile,
        latency_scale=faults.latency_scale,
        case=faults.case,
        chunk_size=options.chunk_size,
        resumed_from=options.checkpoint or "" if options.resume else "",
        resumes=resumes,
        versions=_versions(),
        host=platform.node(),
        pid=os.getpid(),
        command=tuple(map(masked, sys.argv)),
        quotas=records_of_quotas(plan.policies),
        retries={name: one.retry_label for name, one in plan.policies.items() if one.retry is not None},
    )


def _finished(
    job: StartedJob[Any],
    engine: Engine,
    checkpoint: RunCheckpoint | NoCheckpoint,
    raised: ErrorRecord | None,
    *,
    begun: float,
    now: float,
    run_id: str,
) -> RunFinished:
    tally, stop = engine.tally, engine.stop
    return RunFinished(
        run_id=run_id,
        time=now,
        wall=time.time(),
        is_complete=raised is None and stop is None and not tally.failures,
        is_interrupted=stop is not None and stop.is_signal,
        stopped="" if stop is None else stop.kind,
        reason="" if stop is None else masked(stop.reason),
        error=None if raised is None else masked_error(raised),
        tasks={name: TaskTotals(**totals_of(stats)) for name, stats in tally.tasks.items()},
        bytes_read=job.bytes_read,
        resumed_items=checkpoint.resumed,
        stale_completions=tally.stale,
        abandoned_attempts=tally.abandoned,
        ledger_entries=tally.ledger_entries,
        ledger_digest=tally.ledger_digest,
        account=engine.announcer.account(begun, now),
        critical_path=engine.announcer.critical_path(),
        floor=tally.floor,
    )


def _versions() -> Mapping[str, str]:
    """Return the versions of Python and of the project's distributions."""
    found = {name: version for name, version in versions().items() if name.startswith(OURS)}
    return {"python": platform.python_version(), **dict(sorted(found.items()))}
