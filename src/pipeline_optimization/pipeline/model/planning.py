"""Plans the run of a user's pipeline: checks whether it can be run as it is asked to, and by which orchestrator."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import evolve

from pipeline_optimization.errors import OptionError
from pipeline_optimization.file_module import FileModule
from pipeline_optimization.pipeline.model.ends import Collect
from pipeline_optimization.pipeline.model.job import PipelineJob
from pipeline_optimization.pipeline.model.steps import CompletePipeline
from pipeline_optimization.pipeline.plan import Executor, RunOptions, RunPlan, plan_run
from pipeline_optimization.registry import Registry

if TYPE_CHECKING:
    from pipeline_optimization.pipeline.destinations import Destination

__all__ = ["plan_pipeline"]

Result = TypeVar("Result")

NO_SETTINGS: Mapping[str, object] = MappingProxyType({})


def plan_pipeline(
    registry: Registry,
    options: RunOptions,
    pipeline: CompletePipeline[Any, Result],
    given: Iterable[Any] | None,
    *,
    modules: Sequence[FileModule] = (),
    settings: Mapping[str, object] = NO_SETTINGS,
    sink: Destination | None = None,
) -> RunPlan[PipelineJob[Result]]:
    """Plan the run of a pipeline over values, or over the run's sources if no values are given.

    Args:
        registry: The plugins.
        options: The options of the run.
        pipeline: The pipeline.
        given: The values, or None.
        modules: The single files of its functions.
        settings: The options that it was built with.
        sink: The destination of the values of its end.

    Raises:
        UsageError: For unknown names and wrong values.
        PluginError: If a chosen plugin is broken.
    """
    if sink is not None and not isinstance(cast("object", pipeline.end), Collect):
        raise OptionError(
            f"The pipeline {pipeline.name!r} ends in one result, not in rows that a sink could take: let it end in .collect(), or leave the sink out."
        )
    is_kept = options.checkpoint is not None
    if is_kept and given is not None:
        raise OptionError(
            f"The pipeline {pipeline.name!r} runs over values, and a later run may have other values. Leave the "
            "checkpoint out, or write the values into a file."
        )

    def plan_job(options: RunOptions, executor: Executor) -> PipelineJob[Result]:
        return PipelineJob(
            pipeline=pipeline,
            given=given,
            faults=options.faults.plan({step.name: step.spec.faults for step in pipeline.steps}),
            executor=executor,
            chunk_size=options.chunk_size,
            encoding=options.encoding,
            is_kept=is_kept,
            is_delivered=sink is not None,
            is_timed=options.limits.item_timeout is not None,
            modules=modules,
            settings=settings,
        )

    plan = plan_run(registry, options, plan_job)
    if plan.executor.capabilities.chooses and any(step.is_async and step.spec.timeout for step in pipeline.steps):
        plan = _on_an_event_loop(registry, options, plan_job) or plan
    return evolve(plan, sink=sink)


def _on_an_event_loop(
    registry: Registry, options: RunOptions, plan_job: Callable[[RunOptions, Executor], PipelineJob[Result]]
) -> RunPlan[PipelineJob[Result]] | None:
    """Return the plan for an orchestrator of coroutine functions, or None if none is installed. The choice needs no measurement.

    Only an event loop can await calls with a timeout in bundles. Elsewhere each of them is an attempt, and that is planned before a run begins.
    """
    for name in registry.names("orchestrator"):
        if registry.component("orchestrator", name).capabilities.has_event_loop:
            plan = plan_run(registry, evolve(options, orchestrator=name), plan_job)
            reason = f"auto took {name}, since functions of the pipeline await with a timeout"
            return evolve(plan, executor=evolve(plan.executor, choice=reason))
    return None
