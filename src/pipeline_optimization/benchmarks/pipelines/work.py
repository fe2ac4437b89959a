"""Running a user's pipeline, as work that the harness compares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from attrs import frozen

from pipeline_optimization.benchmarks.measuring.messages import GarbledError
from pipeline_optimization.benchmarks.pipelines.wire import Answer
from pipeline_optimization.engine.faults import FaultPlan, FaultSettings, TaskFaults

__all__ = ["PipelineWork", "ReferenceWork"]


@frozen
class PipelineWork:
    """The work that all contenders of a pipeline do. ``tasks`` says how its steps misbehave, ``directories`` where its files are."""

    tasks: Mapping[str, TaskFaults]
    directories: Sequence[str] = ()

    noun: ClassVar[str] = "input"
    call: ClassVar[str] = "The run"
    module: ClassVar[str] = "pipeline_optimization.benchmarks.pipelines.subject"
    modules: ClassVar[Sequence[str]] = (
        module,
        "pipeline_optimization.sources.expansion",
        "pipeline_optimization.sources.file",
        "pipeline_optimization.sources.lines",
        "pipeline_optimization.sources.ranges",
    )

    def prepare(self) -> None:
        """Leave the cache alone, because it is not known what users' functions keep there."""

    def fault_plan(self, settings: FaultSettings) -> FaultPlan:
        return settings.plan(self.tasks)

    def read_answer(self, body: bytes) -> object:
        try:
            return Answer.of_bytes(body)
        except ValueError:
            raise GarbledError(f"{len(body)} bytes that are no answer") from None


class ReferenceWork(PipelineWork):
    """The run that gives the right result. Its calls are recorded, and none of them waits or fails."""

    def fault_plan(self, settings: FaultSettings) -> FaultPlan:
        return settings.plan(dict.fromkeys(self.tasks, TaskFaults()))

    def read_answer(self, body: bytes) -> object:
        return body
