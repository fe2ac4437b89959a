"""Samples of contenders that misbehave, as a comparison takes them, and the small cases that they are taken on."""

from __future__ import annotations

from contextlib import suppress

import psutil
from attrs import evolve

from pipeline_optimization.benchmarks.anagrams.cases import TextCase
from pipeline_optimization.benchmarks.contenders import file_contender
from pipeline_optimization.benchmarks.judging.assembly import assemble
from pipeline_optimization.benchmarks.measuring.sampling import take_sample
from pipeline_optimization.benchmarks.results import Sample, SampleKind
from pipeline_optimization.benchmarks.schedule import make_round, order_sample
from project_files import CONTENDERS

__all__ = ["CPU", "MIXED", "QUICK", "codes", "living", "measure"]

MIXED = TextCase(
    name="small",
    profile="mixed",
    faults="exercise",
    latency_scale=0.02,
    template="Cat, dog; cat on mat. Tea 4 cat! Lions sit; as a bear eats, so does a post-stag.",
)
QUICK = evolve(MIXED, latency_scale=0.005)
"""The same with waits that are over soon, for what no clock shows."""

CPU = TextCase(name="small", profile="cpu", faults="none", latency_scale=0.0, words=3000)


def measure(name: str, case: TextCase = QUICK, *, kind: SampleKind = "warm_up", timeout: float = 60.0) -> Sample:
    """Take one sample of a contender, and see that it leaves no process behind."""
    before = living()
    contender = file_contender(CONTENDERS / f"{name}.py")
    round_ = make_round(case, kind, 0, seed=7, warm_runs=1)
    sample = assemble(
        take_sample(order_sample(contender, round_, timeout=timeout, workers=2)), name, round_, order_index=0, started=0
    )
    assert living() <= before
    return sample


def living() -> set[psutil.Process]:
    """Return this process's descendants but for those that have ended and wait to be reaped, as the next sample does."""
    found = set()
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            if process.status() != psutil.STATUS_ZOMBIE:
                found.add(process)
    return found


def codes(sample: Sample) -> set[str]:
    return {problem.code for problem in sample.problems}
