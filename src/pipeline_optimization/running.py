"""``run(pipeline, inputs)``: a user's own pipeline through any orchestrator."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from os import PathLike, fspath
from typing import TYPE_CHECKING, Any, TypeVar, cast

from pipeline_optimization.engine.limits import Limits
from pipeline_optimization.errors import OptionError, RunInterrupted
from pipeline_optimization.pipeline.awaiting import in_thread
from pipeline_optimization.pipeline.model.inputs import Values
from pipeline_optimization.pipeline.model.job import plan_pipeline
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
        pipeline: What to run, with an end such as ``count()``.
        inputs: For ``lines()``, ``records()``, ``chunks()`` and ``files()`` what ``count_anagrams`` takes: a text, a path, a list of
            paths, an open binary file. For ``values()`` any iterable, which is read as the run goes on.
        output: A file for the values of a pipeline that ends in ``collect()``, whose suffix says what is written: .ndjson or .jsonl, .csv, .json. They
            are written as they come, in bounded memory, and the report has their number, ``delivered``, instead of them. The file takes its
            place when it is whole.
        sink: What takes the values instead: the name of an installed sink, as ``NAME`` or ``NAME:VALUE``, or one that is built.
        sink_options: Options of the sink that is named.
        orchestrator: The name of an installed orchestrator, or one that is built.
        retry: The policy under which an element is tried again whose function failed.
        orchestrator_options: Options of the orchestrator, such as ``{"workers": 4}``.
        retry_options: Options of the retry policy.
        faults: The fault profile under which tasks wait and fail: the name of one, such as ``"exercise"``, the path of a TOML file, a
            ``FaultProfile``, or a dictionary of the same form as a file. ``"none"`` injects nothing.
        latency_scale: What multiplies every simulated time; by default 0.05 for the project's own profiles, and 1 for others.
        seed: Seeds what is simulated; drawn where it is None.
        case: Keeps the draws of this input apart from those of others.
        chunk_size: Bytes of input in one bundle.
        encoding: That of files and streams; UTF-16 or UTF-32 with a byte order mark needs none.
        limits: Bounds of times and failures.
        checkpoint: A file that keeps what is finished. Elements that go from step to step one by one, and what the end adds up, must be
            plain data then: numbers, texts, bytes, None, dates, times, decimals, UUIDs, and lists, tuples, sets and dictionaries of them.
            What a sink takes may be anything.
        resume: Go on with the run of the checkpoint; start it where there is none yet.
        retries_failed: With ``resume``, try elements again that failed for good.
        accept_changed_code: With ``resume``, go on though code of the pipeline has changed since: what is finished stays as it is.
        events: A file, or a descriptor such as ``fd:3``, that gets the run's events as lines of JSON while it goes on.
        events_limit: Of more attempts than this only a share is written.
        account: Whether the report tells where the time of the slots went (``report.account``).
        registry: The plugins; all that are installed where it is None.
        on_progress: Called again and again with how far the run is.
        should_stop: Asked again and again; once it returns True, the run is stopped as by a Ctrl-C.

    Returns:
        The report; ``report.result`` is the end's. ``report.is_complete`` is False where elements failed for good, or something
        stopped the run.

    Raises:
        UsageError: For unknown names and wrong options.
        CheckpointError: Where the checkpoint is of another run, pipeline or code, or cannot be used.
        InputError: Where the input cannot be read.
        PluginError: Where a chosen plugin is broken.
        SinkError: Where the sink, or the file, cannot be opened, written or completed. With a checkpoint the run can go on later.
        OrchestratorError: Where the orchestrator breaks its contract.
        RunInterrupted: At a Ctrl-C; a KeyboardInterrupt that carries the partial report.
    """
    options = RunOptions.called(locals())
    began = time.monotonic()
    if not isinstance(pipeline, CompletePipeline):
        raise OptionError(
            f"{pipeline!r} has no end, so there is nothing to return. Add one, such as .count() or .collect()."
        )
    is_over_values = isinstance(pipeline.input, Values)
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
