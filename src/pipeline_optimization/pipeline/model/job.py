"""A user's pipeline as the job of a run."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from attrs import define, field, frozen

from pipeline_optimization.engine.faults import TASK_SERVER, FaultPlan
from pipeline_optimization.engine.worker import Stage
from pipeline_optimization.file_module import FileModule
from pipeline_optimization.pipeline.job import Outbox, StopOf
from pipeline_optimization.pipeline.model.codec import BY_VALUE, PICKLED, PLAIN
from pipeline_optimization.pipeline.model.ends import describe_end, functions_of
from pipeline_optimization.pipeline.model.packing import ByValue, pack
from pipeline_optimization.pipeline.model.report import PipelineReport
from pipeline_optimization.pipeline.model.steps import CompletePipeline
from pipeline_optimization.pipeline.model.time_slice import QUANTUM, quantum_for
from pipeline_optimization.pipeline.model.worker_pipeline import WorkerPipeline, build_pipeline
from pipeline_optimization.pipeline.model.workload import Gathered, PipelineWorkload
from pipeline_optimization.pipeline.plan import PIPELINE_FACT, Executor
from pipeline_optimization.pipeline.summary import RunSummary
from pipeline_optimization.sources import Source
from pipeline_optimization.tasks.callables import file_of
from pipeline_optimization.tasks.task_decorator import TaskSpec

if TYPE_CHECKING:
    from pipeline_optimization.pipeline.model.caching import Plans

__all__ = ["AT_ONCE", "PipelineJob"]

Result = TypeVar("Result")

AT_ONCE = 100
"""How many elements a worker awaits at once in an event loop of its own. Common clients, such as httpx and aiohttp, keep as many connections."""


@frozen(kw_only=True, eq=False, repr=False)
class PipelineJob(Generic[Result]):
    """A pipeline, planned.

    Attributes:
        pipeline: The pipeline.
        given: The values that it runs over, or None if it runs over sources.
        faults: The faults of its tasks.
        executor: The orchestrator and what it can do.
        chunk_size: Bytes of a part.
        encoding: The encoding of sources.
        is_kept: Whether a checkpoint keeps what is done.
        is_delivered: Whether a sink takes the values.
        is_timed: Whether the run limits the time of an item.
        modules: The single files of its functions.
        settings: The options that it was built with, as far as they are known.
    """

    pipeline: CompletePipeline[Any, Result]
    given: Iterable[Any] | None
    faults: FaultPlan
    executor: Executor
    chunk_size: int
    encoding: str
    is_kept: bool = False
    is_delivered: bool = False
    is_timed: bool = False
    modules: Sequence[FileModule] = ()
    settings: Mapping[str, object] = field(factory=dict)

    @property
    def tasks(self) -> Mapping[str, TaskSpec]:
        return {step.name: step.spec for step in self.pipeline.steps}

    @property
    def files(self) -> Sequence[str]:
        """Return the files of its functions. What a run writes must not take their place."""
        functions = [
            *(step.plain for step in self.pipeline.steps),
            *(one for _, one in functions_of(self.pipeline.end)),
        ]
        places = {place for one in functions if (place := file_of(one)) is not None}
        return [*(module.path for module in self.modules), *sorted(places)]

    def load(self, announce: Callable[[str], None]) -> LoadedPipelineJob[Result]:
        """Make what workers get. Raises OptionError if a function of the pipeline cannot be sent to them."""
        packed = pack(self.pipeline, is_elsewhere=self.executor.capabilities.may_leave)
        sent = BY_VALUE if isinstance(packed, ByValue) else PICKLED
        codec = PLAIN if self.is_kept else sent
        # A checkpoint does not keep values that a sink takes, so they may be of any type.
        totals = sent if self.is_delivered else codec
        caches, warnings = self._caches()
        argument = WorkerPipeline(
            packed,
            self._alone(),
            codec,
            totals,
            caches,
            is_timed=self.is_timed,
            at_once=self._at_once,
            quantum=self._quantum,
        )
        return LoadedPipelineJob(job=self, argument=argument, warnings=warnings)

    def _caches(self) -> tuple[Plans, Sequence[str]]:
        # A comparison must measure the work, and its second round would find all results remembered. So caches are off there.
        if all(step.spec.cache is None for step in self.pipeline.steps) or TASK_SERVER in os.environ:
            return {}, ()
        from pipeline_optimization.pipeline.model.caching import plan_caches  # noqa: PLC0415 - SQLite, for such pipelines only

        return plan_caches(self.pipeline.steps)

    def _alone(self) -> frozenset[int]:
        """Return the steps that elements enter one by one.

        That is needed for a step with simulated waits, which each element waits for itself, and around a step whose calls are timed or counted.
        """
        alone = set()
        has_event_loop = self.executor.capabilities.has_event_loop
        for index, step in enumerate(self.pipeline.steps):
            # The run's time limit is for each call. In a bundle, a call would also wait for places.
            if self.faults.simulates(step.name) or (step.is_async and self.is_timed):
                alone.add(index)
            # In an event loop each call is timed alone, and nothing could end a call that does not await. Elsewhere the engine can.
            is_timed = step.spec.timeout is not None and not (step.is_async and has_event_loop)
            if is_timed or step.spec.quota is not None:
                alone |= {index, index + 1}
        return frozenset(alone)

    @property
    def _at_once(self) -> int:
        """Return how many elements a worker awaits in a loop of its own. It is one if attempts run one after another in the caller's thread."""
        capabilities = self.executor.capabilities
        return 1 if capabilities.runs_in_caller and not capabilities.chooses else AT_ONCE

    @property
    def _quantum(self) -> float:
        return quantum_for(self.executor.capabilities, self.executor.slots)

    @property
    def is_cautious(self) -> bool:
        """Return whether the first values are handed out one by one, because together they might keep one worker busy and the others waiting."""
        is_awaited = any(step.is_async for step in self.pipeline.steps)
        return self._quantum < QUANTUM and not is_awaited and not self.executor.capabilities.chooses


@frozen(kw_only=True, eq=False, repr=False)
class LoadedPipelineJob(Generic[Result]):
    """A pipeline for which workers can be made."""

    job: PipelineJob[Result]
    argument: WorkerPipeline
    warnings: Sequence[str] = ()

    @property
    def remedies(self) -> Mapping[str, str]:
        return {
            _fact_of(name): f"Give it that value with -o pipeline.{name}=VALUE, or start anew with another file."
            for name in self.job.settings
        }

    @property
    def modules(self) -> Sequence[FileModule]:
        return self.job.modules

    @property
    def build(self) -> Callable[[object], Mapping[str, Stage]]:
        return build_pipeline

    @property
    def facts(self) -> Mapping[str, str]:
        """Return the facts that decide on the result."""
        pipeline = self.job.pipeline
        steps = ", ".join(f"{step.kind} {step.name}" for step in pipeline.steps)
        facts = {PIPELINE_FACT: pipeline.name}
        facts |= {_fact_of(name): str(value) for name, value in self.job.settings.items()}
        facts |= {"the steps": f"{pipeline.input} | {steps} | {describe_end(pipeline.end)}"}
        from pipeline_optimization.pipeline.model.code import code_facts  # noqa: PLC0415 - for checkpoints only

        functions = [(step.name, step.plain) for step in pipeline.steps]
        return {**facts, **code_facts([*functions, *functions_of(pipeline.end)])}

    def start(self, sources: Sequence[Source], stop_of: StopOf) -> StartedPipelineJob[Result]:
        job = self.job
        gathered = Gathered() if job.is_delivered else None
        workload = PipelineWorkload(
            job.pipeline,
            sources if job.given is None else job.given,
            job.chunk_size,
            self.argument.codec,
            self.argument.totals,
            encoding=job.encoding,
            inline=not job.executor.capabilities.shared_files,
            is_cautious=job.is_cautious,
            names=[source.name for source in sources],
            alone=self.argument.alone,
            gathered=gathered,
        )
        workload.remembered.problems += self.warnings
        outbox = None if gathered is None else _outbox(workload, gathered)
        return StartedPipelineJob(job=job, workload=workload, outbox=outbox)


@define(kw_only=True, eq=False, repr=False)
class StartedPipelineJob(Generic[Result]):
    """A pipeline while it runs."""

    job: PipelineJob[Result]
    workload: PipelineWorkload
    outbox: Outbox | None = None

    @property
    def warnings(self) -> Sequence[str]:
        return [*self.workload.decoded.warnings(self.job.pipeline.input.task), *self.workload.remembered.problems]

    @property
    def bytes_read(self) -> int:
        return self.workload.bytes_read

    def report(self, summarise: Callable[[], RunSummary]) -> PipelineReport[Result]:
        pipeline = self.job.pipeline
        outbox = self.outbox
        result = pipeline.end.result(self.workload.total) if outbox is None else None
        return PipelineReport(
            pipeline=pipeline.name,
            result=cast("Result", result),
            delivered=None if outbox is None else outbox.delivered,
            elements=self.workload.elements,
            options=self.job.settings,
            cache_hits=self.workload.remembered.hits,
            summary=summarise(),
        )


def _outbox(workload: PipelineWorkload, gathered: Gathered) -> Outbox:
    from pipeline_optimization.pipeline.model.outgoing import RowOutbox  # noqa: PLC0415 - for runs with a sink only

    return RowOutbox(workload, gathered)


def _fact_of(option: str) -> str:
    return f"the pipeline's option {option!r}"
