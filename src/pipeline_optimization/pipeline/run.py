"""Runs a plan over sources and reports."""

from __future__ import annotations

import signal
from collections.abc import Callable, Sequence
from uuid import uuid4

from attrs import evolve, frozen

from pipeline_optimization.counting.totals import Totals
from pipeline_optimization.engine.clock import Clock, SystemClock
from pipeline_optimization.engine.loop import Engine
from pipeline_optimization.engine.retrying import Retrying
from pipeline_optimization.engine.worker import WorkerSetup
from pipeline_optimization.file_module import FileModule
from pipeline_optimization.pipeline.encoding_warnings import encoding_warnings
from pipeline_optimization.pipeline.keeping import Keeping, open_keeping
from pipeline_optimization.pipeline.kernels import prepare_kernel
from pipeline_optimization.pipeline.observing import Observing
from pipeline_optimization.pipeline.plan import RunPlan
from pipeline_optimization.pipeline.reading import Reading
from pipeline_optimization.pipeline.report import RunReport
from pipeline_optimization.pipeline.stages import build_stages
from pipeline_optimization.pipeline.workloads import FusedWorkload, StagedWorkload
from pipeline_optimization.processors import processors
from pipeline_optimization.registry import Registry
from pipeline_optimization.sources import Source
from pipeline_optimization.tasks.retry_settings import RetrySettings
from pipeline_optimization.types import CheckpointSaved, Orchestrator, RunFinished, RunStarted

__all__ = ["Progress", "execute"]

OPEN_BYTES = 8 << 20
"""Bytes of text under way at least: plenty for small chunks, whose items mostly wait."""

OPEN_BYTES_OF_CLUSTERS = 64 << 20
"""The same where workers are elsewhere: it has nothing to do with the processors of this machine."""


@frozen
class Progress:
    """How far a run is: bytes of text read and items ended so far, or what it does before it reads."""

    bytes_read: int = 0
    items: int = 0
    step: str = ""


def execute(
    plan: RunPlan,
    sources: Sequence[Source],
    registry: Registry,
    *,
    on_progress: Callable[[Progress], None] | None = None,
    signals: Sequence[int] = (signal.SIGINT,),
    should_stop: Callable[[], bool] | None = None,
) -> RunReport:
    """Run a plan and return the report, also where something stopped the run: one of ``signals``, say.

    ``should_stop`` stops it too, once it returns True; it is asked between any two steps of the engine.
    With a checkpoint, finished items are kept in it while the run goes on, and those that it has are not run again.

    Raises CheckpointError where the checkpoint is of another run or cannot be used, InputError where a source cannot
    be read, LexiconError where the lexicon cannot be loaded, OrchestratorError where the orchestrator breaks its
    contract, PluginLoadError where the kernel that was asked for cannot be prepared, and KeyboardInterrupt at a second
    signal.
    """
    clock = _clock_of(plan.orchestrator)
    start = clock.now()
    # In the parent first: a lexicon that cannot be loaded is an error of the run, not of each item.
    index = plan.stages.open_index()
    warnings: Sequence[str] = ()
    if plan.faults.is_calm:
        kernel, warnings = prepare_kernel(plan.kernels, lambda step: on_progress and on_progress(Progress(step=step)))
        plan = evolve(plan, stages=evolve(plan.stages, kernel=kernel))
    tokenizer = plan.stages.tokenizer.build()
    reading = Reading(
        sources=sources,
        chunk_size=plan.options.chunk_size,
        squeeze=tokenizer.filter if tokenizer.is_characterwise else None,
        encoding=plan.options.encoding,
        is_read_elsewhere=plan.capabilities.is_distributed,
    )
    totals = Totals(plan.stages.kernel.merge)
    observing = Observing(registry)
    run_id = uuid4().hex
    workload = (
        FusedWorkload(
            reading,
            totals,
            groups=len(index),
            inline=not plan.capabilities.shared_files,
            is_text_elsewhere=plan.capabilities.is_distributed,
        )
        if plan.faults.is_calm
        else StagedWorkload(reading, totals)
    )
    limits = plan.options.limits
    if limits.open_bytes is None:
        limits = evolve(limits, open_bytes=_open_bytes(plan))
    with open_keeping(plan, sources, index, workload, reading, clock=clock) as keeping:

        def save(*, at_once: bool = False) -> None:
            if keeping.commit(at_once=at_once):
                observing.emit(
                    CheckpointSaved(run_id=run_id, time=clock.now(), path=keeping.path, items=keeping.finished)
                )

        def tick() -> None:
            save()
            if on_progress:
                on_progress(Progress(reading.bytes_read, engine.tally.ended))

        engine = Engine(
            plan.orchestrator,
            keeping.workload,
            Retrying(plan.retry.build(), seed=plan.faults.seed, case=plan.faults.case, scale=plan.faults.time_scale),
            clock=clock,
            emit=observing.emit,
            run_id=run_id,
            limits=limits,
            capabilities=plan.capabilities,
            signals=signals,
            tick=tick,
            should_stop=should_stop or _never,
            quarantine=keeping.quarantine,
        )
        _run(plan, engine, observing, clock, run_id=run_id, save=save, files=registry.file_modules)
    runtime = (clock.now() - start) * 1000.0
    return _report(
        plan,
        engine,
        totals,
        reading,
        totals.anagram_counts(index),
        runtime,
        [*warnings, *encoding_warnings(reading), *observing.warnings],
        keeping,
    )


def _open_bytes(plan: RunPlan) -> int:
    """Return how much text this process may hold: that of a chunk more than can be counted at once."""
    if plan.capabilities.is_distributed:
        return max(OPEN_BYTES_OF_CLUSTERS, 2 * plan.options.chunk_size)
    return max(OPEN_BYTES, (processors() + 1) * plan.options.chunk_size)


def _run(
    plan: RunPlan,
    engine: Engine,
    observing: Observing,
    clock: Clock,
    *,
    run_id: str,
    save: Callable[..., None],
    files: Sequence[FileModule],
) -> None:
    policy = RetrySettings(name=plan.options.retry, options=plan.options.retry_options).label
    setup = WorkerSetup(build=build_stages, argument=plan.stages, faults=plan.faults, files=files, policy=policy)
    observing.emit(
        RunStarted(
            run_id=run_id,
            time=clock.now(),
            orchestrator=plan.orchestrator_name,
            slots=plan.orchestrator.slots,
            seed=plan.faults.seed,
        )
    )
    is_finished = False
    try:
        engine.run(setup.to_bytes())
        save(at_once=True)  # the run has finished when all of it is kept
        is_finished = True
    finally:
        observing.emit(
            RunFinished(
                run_id=run_id,
                time=clock.now(),
                is_complete=is_finished and engine.stop is None and not engine.tally.failures,
                is_interrupted=engine.stop is not None and engine.stop.is_signal,
                stopped="" if engine.stop is None else engine.stop.kind,
            )
        )


def _never() -> bool:
    return False


def _clock_of(orchestrator: Orchestrator) -> Clock:
    """Return the time that an orchestrator lives in: its own (``VirtualOrchestrator``), or the system's."""
    clock = getattr(orchestrator, "clock", None)
    return SystemClock() if clock is None else clock


def _report(  # noqa: PLR0917 - the parts of a run, each once
    plan: RunPlan,
    engine: Engine,
    totals: Totals,
    reading: Reading,
    counts: dict[str, int],
    runtime: float,
    warnings: Sequence[str],
    keeping: Keeping,
) -> RunReport:
    options, tally, stages, before = plan.options, engine.tally, plan.stages, keeping.failed
    return RunReport(
        runtime=runtime,
        anagram_counts=counts,
        orchestrator=plan.orchestrator_name,
        tokenizer=stages.tokenizer.label,
        signature=stages.signature.label,
        relation=stages.signature.component.relation,
        lexicon=stages.lexicon.label,
        retry=plan.retry.label,
        kernel=stages.kernel.name if plan.faults.is_calm else "",
        faults=options.faults.profile,
        latency_scale=options.faults.latency_scale,
        seed=plan.faults.seed,
        case=plan.faults.case,
        chunk_size=options.chunk_size,
        words=totals.words,
        distinct_words=totals.distinct_words,
        distinct_words_is_exact=totals.distinct_words_is_exact,
        matched_words=totals.matched_words,
        bytes_read=reading.bytes_read,
        invalid_bytes=reading.invalid_bytes,
        encoding=options.encoding,
        looks_like=reading.looks,
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
        resumed_items=keeping.resumed,
        checkpoint=options.checkpoint or "",
        warnings=tuple(warnings),
    )
