"""A pipeline under a profile: as it is, or with the simulated waits and failures that its tasks declare."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import evolve, field, frozen

from pipeline_optimization.benchmarks.inputs import BenchmarkCase, Work
from pipeline_optimization.benchmarks.pipelines.inputs import PipelineInput
from pipeline_optimization.benchmarks.pipelines.reference import References
from pipeline_optimization.benchmarks.pipelines.work import PipelineWork
from pipeline_optimization.engine.faults import FaultSettings

__all__ = ["AS_IS", "PipelineCase", "pipeline_case", "worker_cases"]

AS_IS = "as-is"
"""The profile in which nothing is simulated."""


@frozen(kw_only=True)
class PipelineCase(BenchmarkCase):
    """A pipeline over its input. ``references`` has or makes the input, with its right result."""

    references: References = field(repr=False)

    @property
    def work(self) -> Work:
        return PipelineWork(self.references.tasks, self.references.directories)

    @property
    def repeats_its_input(self) -> bool:
        return self.references.files is not None

    def fresh_input(self, *parts: object, is_cold: bool = False) -> PipelineInput:
        return self.references.input_of(*parts)

    def known_input(self) -> None:
        """Return None: it is not known what a contender has seen before."""

    def seconds(self) -> float:
        """Return about how long the slowest way takes: one element after another, with every wait."""
        given = self.first_input()
        if self.is_calm:
            return given.seconds
        plan = self.work.fault_plan(FaultSettings(profile=self.faults, latency_scale=self.latency_scale, seed=0))
        waits = (
            len(keys) * plan.least_latency(name) / max(0.1, 1.0 - plan.tasks[name].failure_rate)
            for name, keys in given.needed.keys.items()
            if plan.simulates(name)
        )
        return given.seconds + sum(waits)

    def first_input(self) -> PipelineInput:
        """Return the input that is examined before anything is measured."""
        return self.references.input_of("first")


def pipeline_case(references: References, profile: str, *, faults: str, latency_scale: float) -> PipelineCase:
    """Return a pipeline under a profile: as-is, mixed or latency. ``faults`` are those of the profile ``mixed``."""
    if profile == AS_IS:
        faults, latency_scale = "none", 0.0
    return PipelineCase(
        name=references.found.pipeline.name,
        profile=profile,
        faults="latency" if profile == "latency" else faults,
        latency_scale=latency_scale,
        references=references,
    )


def worker_cases(case: PipelineCase, numbers: Sequence[int]) -> list[PipelineCase]:
    """Return a case once for each number of workers."""
    return [evolve(case, name=f"workers={number}", workers=number) for number in numbers]
