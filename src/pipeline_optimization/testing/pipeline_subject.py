"""The pipeline under test: how it is run, and what its functions do when they are called by hand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from attrs import evolve, field, frozen

from pipeline_optimization.engine.draws import uniform
from pipeline_optimization.engine.faults import TaskFaults
from pipeline_optimization.engine.limits import Limits
from pipeline_optimization.engine.virtual import Fate
from pipeline_optimization.errors import RunInterrupted
from pipeline_optimization.pipeline.model.batch import Batch, Placed
from pipeline_optimization.pipeline.model.codec import PICKLED
from pipeline_optimization.pipeline.model.contents import decode_contents, encode_contents
from pipeline_optimization.pipeline.model.elements import ElementPath
from pipeline_optimization.pipeline.model.inputs import Values
from pipeline_optimization.pipeline.model.passage import outputs_of
from pipeline_optimization.pipeline.model.report import PipelineReport
from pipeline_optimization.pipeline.model.steps import CompletePipeline, Step
from pipeline_optimization.registry import Choice, Kind, Registry
from pipeline_optimization.running import run
from pipeline_optimization.sources import sources_of
from pipeline_optimization.tasks.resource import opening
from pipeline_optimization.tasks.task_decorator import TaskSpec
from pipeline_optimization.testing.checks import CheckSkippedError
from pipeline_optimization.types import Attempt, Orchestrator

__all__ = ["MANY", "Losses", "PipelineSubject", "Placed", "call", "copied", "failing"]

CHUNK = 64
"""Bytes of input in a bundle, so that a small input makes several."""

FAILURE_RATE = 0.3

MANY = 50
"""After this many attempts nothing that is simulated has failed for good."""

PATIENT = Limits(breaker=0, poison_losses=1000)
"""Limits that no simulated failure or death reaches."""


@frozen
class _Failing(Step):
    """A step whose calls often fail, whatever its ``@task`` declares."""

    @property
    def spec(self) -> TaskSpec:
        return evolve(super().spec, faults=TaskFaults(FAILURE_RATE), retry=None, timeout=None, cache=None)


def failing(pipeline: CompletePipeline[Any, Any]) -> CompletePipeline[Any, Any]:
    """Return a pipeline in which calls of each step fail under the profile ``exercise``."""
    return evolve(pipeline, steps=tuple(_Failing(step.name, step.kind, step.function) for step in pipeline.steps))


class Losses:
    """An adversary: a share of all items lose their first two workers, so that bundles are split again and again."""

    def __init__(self, share: float) -> None:
        self._share = share
        self._losses: Counter[str] = Counter()

    def fates(self, attempt: Attempt, latency: float) -> Sequence[Fate]:
        is_lost = uniform(attempt.item, "loss") < self._share and self._losses[attempt.item] < 2
        self._losses[attempt.item] += is_lost
        return [Fate(latency, "lost" if is_lost else "done")]


@frozen(kw_only=True)
class PipelineSubject:
    """A pipeline with a small input.

    Attributes:
        pipeline: The pipeline.
        make_inputs: Returns the input, anew for each run. It is None if no input is known.
        orchestrators: The names of the orchestrators to compare. If there are none, all that stay on this machine.
        registry: The plugins.
        choice: How it is registered, if it is.
    """

    pipeline: CompletePipeline[Any, Any]
    make_inputs: Callable[[], Any] | None = None
    orchestrators: Sequence[str] = ()
    registry: Registry = field(factory=Registry.load)
    choice: Choice[Any] | None = None

    @classmethod
    def named(
        cls,
        registry: Registry,
        label: str,
        options: Mapping[str, object],
        make_inputs: Callable[[], Any] | None = None,
        orchestrators: Sequence[str] = (),
    ) -> PipelineSubject:
        """Return a registered pipeline. Raises UsageError and PluginError as the registry does."""
        choice: Choice[Any] = registry.choose("pipeline", label, options)
        return cls(
            pipeline=choice.build(),
            make_inputs=make_inputs,
            orchestrators=orchestrators,
            registry=registry,
            choice=choice,
        )

    @property
    def inputs(self) -> Any:
        """Return the input, made anew."""
        if self.make_inputs is None:
            raise CheckSkippedError("it takes an input, which PipelineContract has: see 'Test a pipeline'")
        return self.make_inputs()

    @property
    def opponents(self) -> Sequence[str]:
        """Return the names of the orchestrators whose runs are compared with the sequential one."""
        kind: Kind = "orchestrator"
        return self.orchestrators or [
            name
            for name in self.registry.names(kind)
            if not self.registry.component(kind, name).capabilities.is_distributed
        ]

    def run(
        self,
        pipeline: CompletePipeline[Any, Any] | None = None,
        *,
        orchestrator: str | Orchestrator = "sequential",
        **options: Any,
    ) -> PipelineReport[Any]:
        """Run the pipeline, or another form of it, over its input. If the run is stopped, return the partial report."""
        defaults = {
            "retry": "fixed",
            "retry_options": {"attempts": 1},
            "chunk_size": CHUNK,
            "limits": PATIENT,
            "seed": 1,
        }
        try:
            return run(
                pipeline or self.pipeline,
                self.inputs,
                orchestrator=orchestrator,
                registry=self.registry,
                **{**defaults, **options},
            )
        except RunInterrupted as interrupted:
            if not isinstance(interrupted.report, PipelineReport):
                raise
            return interrupted.report

    @cached_property
    def reference(self) -> PipelineReport[Any]:
        """Return a run of the sequential orchestrator, in which nothing is simulated."""
        return self.run()

    @property
    def is_over_values(self) -> bool:
        return isinstance(self.pipeline.input, Values)

    @cached_property
    def elements(self) -> Sequence[Placed]:
        """Return the elements of the input."""
        inputs = self.inputs
        given = inputs if self.is_over_values else sources_of(inputs, call="check_pipeline(pipeline, {})", frames=1)
        parts = self.pipeline.input.parts(given, CHUNK, encoding="utf-8", inline=True)
        contents = [decode_contents(encode_contents(part.contents)) for part in parts]
        select = self.pipeline.input.select
        return [element for one in contents for read in one.reads() for element in select(read.elements)]

    @cached_property
    def called(self) -> Sequence[Sequence[Placed]]:
        """Return the elements that each step gets, and last the outputs of the last step. A call that raises has no outputs."""
        found = [self.elements]
        for step in self.pipeline.steps:
            found.append([one for path, value in found[-1] for one in _passed(step, path, value)])
        return found

    @property
    def ends(self) -> Sequence[Placed]:
        """Return the elements that reach the end."""
        return self.called[-1]


def _passed(step: Step, path: ElementPath, value: Any) -> Iterator[Placed]:
    try:
        result = call(step, copied(value))
    except Exception:  # noqa: BLE001 - a failing element is put aside in a run, and other checks look at that
        return
    yield from outputs_of(step.kind, Batch.of([(path, value)]), [result])


def call(step: Step, value: Any) -> Any:
    """Return the result of a step's function. What it yields becomes a list. Raises whatever it raises."""
    using = step.spec.using
    result = step.plain(value) if using is None else opening(step.plain, using)(value)
    if step.is_async:
        from asyncio import run as run_coroutine  # noqa: PLC0415 - 50 ms that only such functions should take

        result = run_coroutine(result)
    return list(result) if step.kind == "flat_map" else result


def copied(value: Any) -> Any:
    """Return a copy of an element, as another process would get it, or the element itself if it cannot be sent."""
    try:
        return PICKLED.decode(PICKLED.encode(value))
    except Exception:  # noqa: BLE001 - a user's object may raise anything
        return value
