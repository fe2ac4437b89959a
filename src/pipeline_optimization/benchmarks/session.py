"""One comparison, from its settings to its results."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType
from uuid import uuid4

from pipeline_optimization import __version__
from pipeline_optimization.benchmarks.comparing import Comparing, SampleKey, Step
from pipeline_optimization.benchmarks.contenders import Contender
from pipeline_optimization.benchmarks.machine import describe_machine
from pipeline_optimization.benchmarks.measuring.memory_reading import MIB
from pipeline_optimization.benchmarks.methods import describe_methods
from pipeline_optimization.benchmarks.results import Results, RunRecord, Sample
from pipeline_optimization.benchmarks.retries import with_retries
from pipeline_optimization.benchmarks.settings import ComparisonSettings
from pipeline_optimization.benchmarks.statistics.summary import summarise

__all__ = ["compare"]


def compare(
    contenders: Sequence[Contender],
    settings: ComparisonSettings,
    *,
    keep: Callable[[Sample], None],
    show: Callable[[Step], None],
    known: Mapping[SampleKey, Sample] = MappingProxyType({}),
) -> Results:
    """Measure, judge and summarise. After a Ctrl-C the results are those of what was measured, with ``is_interrupted``."""
    started = datetime.now(UTC).isoformat(timespec="seconds")
    began = time.monotonic()
    comparing = Comparing(contenders, settings, keep=keep, show=show, known=known)
    is_interrupted = False
    try:
        comparing.run()
    except KeyboardInterrupt:
        is_interrupted = True
    names = [contender.name for contender in contenders]
    results = Results(
        tool=f"pipeline-optimization {__version__}",
        run=RunRecord(
            id=uuid4().hex,
            started=started,
            seed=settings.seed,
            command=settings.command,
            rounds=max((case.rounds for case in comparing.cases), default=0),
            reference=settings.reference if settings.reference in names else next(iter(names), ""),
            noise_threshold=settings.noise_threshold,
            timeout_s=settings.timeout,
            memory_limit_mib=settings.memory_limit / MIB,
            workers=settings.workers,
            retry=settings.retry.label,
            iterations_asked=settings.rounds,
            time_budget_s=settings.time_budget,
            duration_s=round(time.monotonic() - began, 3),
            is_interrupted=is_interrupted,
            pipeline=settings.pipeline,
        ),
        machine=describe_machine(),
        contenders=with_retries([contender.record for contender in contenders], comparing.samples),
        cases=comparing.cases,
        samples=comparing.samples,
        methods=describe_methods(comparing.samples, settings.pipeline),
    )
    return summarise(results)
