"""Runs any job over sources, and returns its report. Nothing here knows what the job computes."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, closing, nullcontext
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import evolve, field, frozen

from pipeline_optimization.engine.clock import Clock, SystemClock
from pipeline_optimization.engine.faults import TASK_SERVER
from pipeline_optimization.engine.limits import Limits
from pipeline_optimization.engine.loop import Engine
from pipeline_optimization.engine.progress import TaskProgress, progress_by_task
from pipeline_optimization.engine.work import Retrying
from pipeline_optimization.engine.worker import WorkerSetup
from pipeline_optimization.pipeline.absent import NoCheckpoint, NoObservers, SilentLogs
from pipeline_optimization.pipeline.job import Job, LoadedJob, Outbox
from pipeline_optimization.pipeline.plan import RunPlan
from pipeline_optimization.pipeline.summary import RunSummary, summary_of
from pipeline_optimization.processors import processors
from pipeline_optimization.registry import Registry
from pipeline_optimization.sources import Source
from pipeline_optimization.types import Orchestrator

if TYPE_CHECKING:
    from pipeline_optimization.pipeline.delivering import Delivering
    from pipeline_optimization.pipeline.logs.run_logs import RunLogs
    from pipeline_optimization.pipeline.observing import Observing
    from pipeline_optimization.pipeline.run_checkpoint import RunCheckpoint

__all__ = ["Progress", "execute"]

OPEN_BYTES = 8 << 20
"""Bytes of input under way, at least. Small chunks, whose items mostly wait, need that many."""

OPEN_BYTES_OF_CLUSTERS = 64 << 20
"""The same if workers are on other machines, whose number has nothing to do with the processors of this machine."""

R = TypeVar("R")


@frozen
class Progress:
    """The progress of a run.

    Attributes:
        bytes_read: Bytes of input read so far.
        items: Items that have ended.
        step: What the run does before it reads its input, or empty.
        by_task: Returns how far each task is at the moment of the call.
    """

    bytes_read: int = 0
    items: int = 0
    step: str = ""
    by_task: Callable[[], Mapping[str, TaskProgress]] = field(default=dict, eq=False, repr=False)


def execute(
    plan: RunPlan[Job[R]],
    sources: Sequence[Source],
    registry: Registry,
    *,
    on_progress: Callable[[Progress], None] | None = None,
    signals: Sequence[int] = (signal.SIGINT,),
    should_stop: Callable[[], bool] | None = None,
    began: float | None = None,
) -> R:
    """Run a plan's job and return its report, even if something stopped the run, such as one of ``signals``.

    Errors of loading the job are raised as they are. Finished items are kept in the plan's checkpoint while the run goes on, and items that it has
    already are not run again.

    Args:
        plan: What to run, and how.
        sources: The input.
        registry: The plugins, some of which observe the run.
        on_progress: Called again and again with the progress so far.
        signals: The signals that stop the run.
        should_stop: Called between any two steps of the engine. The run stops once it returns True.
        began: When the caller began to wait (``time.monotonic()``), if that was before this call. Then planning is part of the run time. It is
            ignored if the orchestrator has a clock of its own, which does not measure real time.

    Returns:
        The report that the job makes.

    Raises:
        CheckpointError: If the checkpoint belongs to another run, or cannot be used.
        InputError: If a source cannot be read.
        OrchestratorError: If the orchestrator breaks its contract.
        KeyboardInterrupt: At a second signal.
    """
    clock = _clock_of(plan.executor.orchestrator)
    start = began if began is not None and isinstance(clock, SystemClock) else clock.now()
    if plan.sink is not None:
        from pipeline_optimization.pipeline.destinations import check_destination  # noqa: PLC0415 - for runs with a sink only

        check_destination(plan, sources)
    run_id = os.urandom(16).hex()
    with ExitStack() as stack:
        logs = stack.enter_context(closing(_logs(run_id)))
        observing = stack.enter_context(closing(_observing(plan, sources, registry, logs)))
        logs.listen(observing, clock)
        loaded = plan.job.load(lambda step: on_progress and on_progress(Progress(step=step)))
        checkpoint = stack.enter_context(_open_checkpoint(plan, sources, loaded, clock))
        job = loaded.start(sources, checkpoint.stop_of)

        # The engine calls these functions when ``engine`` and ``committing``, which are made below, exist.
        def save(*, at_once: bool = False) -> None:
            if committing.commit(at_once=at_once) and observing.is_heard:
                from pipeline_optimization.types import CheckpointSaved  # noqa: PLC0415 - only runs that are observed need it

                observing.emit(
                    CheckpointSaved(run_id=run_id, time=clock.now(), path=checkpoint.path, items=checkpoint.finished)
                )

        def by_task() -> Mapping[str, TaskProgress]:
            return progress_by_task(engine.tally, engine.open_attempts, engine.backlog)

        def tick() -> None:
            save()
            observing.tick()
            logs.note(engine.stop)
            if on_progress:
                on_progress(Progress(job.bytes_read, engine.tally.ended, by_task=by_task))

        faults = plan.faults
        engine = Engine(
            plan.executor.orchestrator,
            checkpoint.keep(job.workload, bytes if job.outbox is None else job.outbox.kept),
            Retrying(
                plan.retry.build(), seed=faults.seed, case=faults.case, scale=faults.time_scale, own=plan.policies
            ),
            clock=clock,
            emit=observing.emit if observing.is_heard or plan.options.account else None,
            heard=observing.heard | ({"TimeAccount"} if plan.options.account else set()),
            name=plan.executor.name,
            run_id=run_id,
            limits=_limits(plan),
            policies=plan.policies,
            capabilities=plan.executor.capabilities,
            signals=signals,
            tick=tick,
            should_stop=should_stop or _never,
            quarantine=logs.quarantining(checkpoint.quarantine),
            on_log=logs.take,
        )
        setup = WorkerSetup(
            build=loaded.build,
            argument=loaded.argument,
            faults=faults,
            files=[*registry.file_modules, *loaded.modules],
            logs=logs.settings,
            is_timed=plan.options.account or observing.is_heard,
            **_labels(plan),
        )
        announced = _announced(
            observing,
            plan=plan,
            sources=sources,
            loaded=loaded,
            job=job,
            engine=engine,
            checkpoint=checkpoint,
            clock=clock,
            begun=start,
            run_id=run_id,
        )
        _note_open(plan.executor.orchestrator)
        with announced, _committing(plan, job.outbox, checkpoint, engine, clock) as committing:
            engine.run(setup.to_bytes())
            save(at_once=True)  # the run has finished only when all of it is kept

    def summarise() -> RunSummary:
        ended = clock.now()
        runtime = (ended - start) * 1000.0
        warnings = [*job.warnings, *observing.warnings, *logs.warnings]
        summary = summary_of(plan, engine, runtime, warnings, checkpoint)
        return evolve(summary, account=engine.announcer.account(start, ended)) if plan.options.account else summary

    return job.report(summarise)


def _logs(run_id: str) -> RunLogs | SilentLogs:
    """Return what logs a run. A program that has not imported ``logging`` has nobody who would read it."""
    if "logging" not in sys.modules:
        return SilentLogs()
    from pipeline_optimization.pipeline.logs.run_logs import RunLogs  # noqa: PLC0415 - logging takes a while to import

    return RunLogs(run_id)


def _observing(
    plan: RunPlan[Any], sources: Sequence[Source], registry: Registry, logs: RunLogs | SilentLogs
) -> Observing | NoObservers:
    """Return where events go, if the run is observed. Raises UsageError if they cannot be written."""
    if plan.options.events is None and not registry.has_observers and not logs.heard:
        return NoObservers()
    from pipeline_optimization.pipeline.observing import observing_of  # noqa: PLC0415 - for runs that are observed

    return observing_of(plan, sources, registry, logs)


def _labels(plan: RunPlan[Any]) -> dict[str, Any]:
    """Return the labels of retry policies, which the harness records, if this process is measured.

    Raises:
        OptionError: If calls of tasks will ask the harness, and it is not there.
    """
    if not (address := os.environ.get(TASK_SERVER)):
        return {}
    from pipeline_optimization.engine.task_client import client_of  # noqa: PLC0415 - for runs that are measured
    from pipeline_optimization.tasks.retry_settings import RetrySettings  # noqa: PLC0415 - as above

    if not plan.faults.is_calm:
        client_of(address).look()
    return {
        "policy": RetrySettings(name=plan.options.retry, options=plan.options.retry_options).label,
        "own_policies": {name: spec.retry.label for name, spec in plan.job.tasks.items() if spec.retry is not None},
    }


def _open_checkpoint(
    plan: RunPlan[Any], sources: Sequence[Source], job: LoadedJob[Any], clock: Clock
) -> AbstractContextManager[RunCheckpoint | NoCheckpoint]:
    """Open the checkpoint that the plan asks for, if it asks for one."""
    path = plan.options.checkpoint
    if path is None:
        return nullcontext(NoCheckpoint())
    from pipeline_optimization.pipeline.run_checkpoint import open_run_checkpoint  # noqa: PLC0415 - SQLite, for runs that use it only

    return open_run_checkpoint(path, plan, sources, job, clock=clock)


def _committing(
    plan: RunPlan[Any], outbox: Outbox | None, checkpoint: RunCheckpoint | NoCheckpoint, engine: Engine, clock: Clock
) -> AbstractContextManager[Delivering | RunCheckpoint | NoCheckpoint]:
    """Return what commits a run's results: its deliveries to a sink, if it has one, or else its checkpoint."""
    if outbox is None:
        return nullcontext(checkpoint)
    from pipeline_optimization.pipeline.delivering import delivering  # noqa: PLC0415 - for runs with a sink only

    return delivering(plan, outbox, checkpoint, engine, clock)


def _limits(plan: RunPlan[Any]) -> Limits:
    """Return the limits of a run, with a limit on the bytes of input in this process: one chunk more than can be worked on at once."""
    limits, chunk, executor = plan.options.limits, plan.options.chunk_size, plan.executor
    if limits.open_bytes is not None:
        return limits
    if executor.capabilities.is_distributed:
        return evolve(limits, open_bytes=max(OPEN_BYTES_OF_CLUSTERS, 2 * chunk))
    # An orchestrator that chooses may have more slots later.
    is_one_by_one = executor.slots == 1 and not executor.capabilities.chooses
    at_once = 1 if is_one_by_one else processors()
    return evolve(limits, open_bytes=max(OPEN_BYTES, (at_once + 1) * chunk))


def _announced(observing: Observing | NoObservers, **facts: Any) -> AbstractContextManager[None]:
    """Return a context that tells observers, if there are any, that the run starts and how it ends. ``facts`` are those of ``announced``."""
    if not observing.is_heard:
        return nullcontext()
    from pipeline_optimization.pipeline.run_events import announced  # noqa: PLC0415 - as above

    return announced(observing.emit, **facts)


def _never() -> bool:
    return False


def _clock_of(orchestrator: Orchestrator) -> Clock:
    """Return the clock of an orchestrator: its own (``VirtualOrchestrator``), or the system's."""
    clock = getattr(orchestrator, "clock", None)
    return SystemClock() if clock is None else clock


def _note_open(orchestrator: Orchestrator) -> None:
    """Call an orchestrator's ``note_open()``, if it has one, when the run has opened its own files.

    An orchestrator that forks workers must know them: a file that is opened later, such as a sink's, may be one that a task uses.
    """
    note: Callable[[], None] | None = getattr(orchestrator, "note_open", None)
    if note is not None:
        note()
