"""Running a user's own pipeline from Python: ``run(pipeline, inputs)``."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from os import PathLike, fspath
from typing import TYPE_CHECKING, Any, TypeVar, cast

from pipeline_optimization.engine.limits import Limits
from pipeline_optimization.errors import InputError, OptionError, RunInterrupted
from pipeline_optimization.pipeline.awaiting import in_thread
from pipeline_optimization.pipeline.model.inputs import Values
from pipeline_optimization.pipeline.model.planning import plan_pipeline
from pipeline_optimization.pipeline.model.report import PipelineReport
from pipeline_optimization.pipeline.model.steps import CompletePipeline
from pipeline_optimization.pipeline.plan import (
    DEFAULT_CHUNK_SIZE,
    DEFAULT_EVENTS_LIMIT,
    NO_OPTIONS,
    RunOptions,
)
from pipeline_optimization.pipeline.run import Progress, execute
from pipeline_optimization.registry import Registry
from pipeline_optimization.sources import UTF_8, Countable, sources_of
from pipeline_optimization.types import Orchestrator, Sink

if TYPE_CHECKING:
    from pipeline_optimization.pipeline.destinations import Destination
    from pipeline_optimization.types import FaultProfile

__all__ = ["run", "run_async"]

In = TypeVar("In")
Result = TypeVar("Result")


def run(
    pipeline: CompletePipeline[In, Result],
    inputs: Countable | Iterable[In],
    *,
    output: str | PathLike[str] | None = None,
    sink: str | Sink | None = None,
    sink_options: Mapping[str, object] = NO_OPTIONS,
    orchestrator: str | Orchestrator = "sequential",
    retry: str = "exponential",
    orchestrator_options: Mapping[str, object] = NO_OPTIONS,
    retry_options: Mapping[str, object] = NO_OPTIONS,
    faults: str | FaultProfile | Mapping[str, Any] = "none",
    latency_scale: float | None = None,
    seed: int | None = None,
    case: str = "",
    chunk_size: int = DEFAULT_CHUNK_SIZE,
    encoding: str = UTF_8,
    limits: Limits | None = None,
    checkpoint: str | PathLike[str] | None = None,
    resume: bool = False,
    retries_failed: bool = False,
    accept_changed_code: bool = False,
    events: str | PathLike[str] | None = None,
    events_limit: int = DEFAULT_EVENTS_LIMIT,
    account: bool = False,
    registry: Registry | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> PipelineReport[Result]:
    """Run a pipeline over its input.

    Args:
        pipeline: The pipeline, with an end such as ``count()``.
        inputs: For ``lines()``, ``records()``, ``chunks()`` and ``files()`` the same as ``count_anagrams`` takes: a text, a path, a list of paths, or
            an open binary file. For ``values()`` any iterable, which is read as the run goes on.
        output: A file for the values of a pipeline that ends in ``collect()``. Its suffix chooses the form: .ndjson or .jsonl, .csv, .json. The
            values are written as they come, in bounded memory, and ``report.delivered`` is their number. The file appears under its name when it is
            whole.
        sink: Another place for the values: the name of an installed sink, as ``NAME`` or ``NAME:VALUE``, or a sink object.
        sink_options: Options of the sink that is named.
        orchestrator: The name of an installed orchestrator, or an orchestrator object.
        retry: The name of the policy by which an element is tried again after its function failed.
        orchestrator_options: Options of the orchestrator, such as ``{"workers": 4}``.
        retry_options: Options of the retry policy.
        faults: The fault profile, by which tasks wait and fail: the name of one, such as ``"exercise"``, the path of a TOML file, a ``FaultProfile``,
            or a dictionary of the same form as a file. ``"none"`` injects nothing.
        latency_scale: Multiplies every simulated time. The default is 0.05 for the project's own profiles, and 1 for others.
        seed: Seeds the simulated waits and failures. If it is None, the run draws one and reports it.
        case: A name that keeps the draws of this input apart from those of other inputs.
        chunk_size: Bytes of input in one bundle, about.
        encoding: The encoding of files and streams. UTF-16 and UTF-32 with a byte order mark are recognised without it.
        limits: Limits on times and failures.
        checkpoint: A file in which the run keeps what is finished. Then elements that go from step to step one by one, and totals of the pipeline's
            end, must be plain data: numbers, texts, bytes, None, dates, times, decimals, UUIDs, and lists, tuples, sets and dictionaries of them.
            Values that go to a sink may be of any type.
        resume: Go on with the run of the checkpoint. If the file does not exist yet, the run starts.
        retries_failed: With ``resume``, try elements again that failed for good.
        accept_changed_code: With ``resume``, go on although the pipeline's code has changed. Finished elements stay as they are.
        events: A file, or a descriptor such as ``"fd:3"``, to which the run writes its events as lines of JSON while it goes on.
        events_limit: The number of attempts after which only a share of them is written to ``events``.
        account: Whether the report tells where the time of the slots went (``report.account``).
        registry: The plugins. If it is None, all installed plugins.
        on_progress: Called again and again while the run goes on, with the progress so far.
        should_stop: Asked again and again. Once it returns True, the run stops as at a Ctrl-C, and the partial report is returned.

    Returns:
        The report. ``report.result`` is the result of the pipeline's end. ``report.is_complete`` is False if elements failed for good, or something
        stopped the run.

    Raises:
        UsageError: For unknown names and wrong options.
        CheckpointError: If the checkpoint belongs to another run, pipeline or code, or cannot be used.
        InputError: If the input cannot be read, or is none.
        PluginError: If a chosen plugin is broken.
        SinkError: If the sink, or the file, cannot be opened, written or completed. With a checkpoint the run can go on later.
        OrchestratorError: If the orchestrator breaks its contract, or its workers cannot start.
        RunInterrupted: At a Ctrl-C. It is a KeyboardInterrupt that carries the partial report.
    """
    options = RunOptions.called(locals())
    began = time.monotonic()
    if not isinstance(pipeline, CompletePipeline):
        raise OptionError(
            f"{pipeline!r} has no end, so there is nothing to return. Add one, such as .count() or .collect()."
        )
    is_over_values = isinstance(pipeline.input, Values)
    if is_over_values and not (hasattr(inputs, "__iter__") or hasattr(inputs, "__getitem__")):
        raise InputError(
            f"The pipeline {pipeline.name!r} runs over values. Give an iterable of them, not {inputs!r}.",
            source="values",
        )
    given = cast("Iterable[In]", inputs) if is_over_values else None
    sources = (
        []
        if is_over_values
        else sources_of(cast("Countable", inputs), checkpoint=options.checkpoint, call="run(pipeline, {})", frames=1)
    )

    registry = registry or Registry.load()
    destination = _destination(registry, output, sink, sink_options)
    plan = plan_pipeline(registry, options, pipeline, given, sink=destination)
    report: PipelineReport[Result] = execute(
        cast("Any", plan), sources, registry, on_progress=on_progress, should_stop=should_stop, began=began
    )
    if report.is_interrupted:
        raise RunInterrupted(report)
    return report


def _destination(
    registry: Registry, output: str | PathLike[str] | None, sink: str | Sink | None, options: Mapping[str, object]
) -> Destination | None:
    if sink is None and options:
        raise OptionError("Sink options go with a sink's name: sink=NAME.")
    if sink is not None and output is not None:
        raise OptionError("The values go into one place: give output, or sink.")
    if sink is None and output is None:
        return None
    from pipeline_optimization.pipeline import destinations  # noqa: PLC0415 - for runs that write rows only

    if output is not None:
        return destinations.file_destination(registry, fspath(output))
    if isinstance(sink, str):
        return destinations.named_destination(registry, sink, options)
    if options:
        raise OptionError("Sink options go with a sink's name, not with an object that is built.")
    return destinations.Destination.of(type(sink).__name__, cast("Sink", sink))


run_async = in_thread(run)
