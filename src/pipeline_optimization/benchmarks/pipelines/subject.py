"""Contenders that run a user's pipeline, in the measured process, and the run that gives the right result."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from time import perf_counter
from typing import Any, cast

from pipeline_optimization.benchmarks.pipelines.wire import Answer, Given, to_plain
from pipeline_optimization.benchmarks.subject.contending import LoadedContender, LoadOrder, NoContenderError
from pipeline_optimization.engine.draws import seeded_random
from pipeline_optimization.engine.faults import new_seed
from pipeline_optimization.errors import IncompleteRunError
from pipeline_optimization.pipeline.model.finding import FoundPipeline, find_pipeline
from pipeline_optimization.pipeline.model.inputs import Values
from pipeline_optimization.pipeline.model.report import PipelineReport
from pipeline_optimization.pipeline.plan import RunOptions
from pipeline_optimization.pipeline.run import execute
from pipeline_optimization.registry import Registry
from pipeline_optimization.sources import Source, TextSource, expand_inputs
from pipeline_optimization.tasks.environment import fault_settings
from pipeline_optimization.tasks.retry_settings import RetrySettings

__all__ = ["REFERENCE", "load"]

REFERENCE = "reference"
"""The kind of the contender that gives the right result."""


def load(order: LoadOrder) -> Callable[[], LoadedContender]:
    """Find the pipeline, and return a function that makes a contender which runs it.

    ``arguments`` has the pipeline's reference and options. Raises what finding the pipeline raises.
    """
    arguments = cast("dict[str, Any]", order["arguments"])
    registry = Registry.load()
    found = find_pipeline(arguments["pipeline"], arguments["pipeline_options"], registry)
    if order["kind"] == REFERENCE:
        return lambda: _Reference(found, registry)
    if order["kind"] != "plugin":
        raise NoContenderError(f"{order['source']} is a file, which can only count anagrams.")
    return lambda: _Run(found, registry, order["source"], order["options"])


class _Run:
    """A pipeline with an orchestrator."""

    def __init__(
        self, found: FoundPipeline, registry: Registry, orchestrator: str, options: Mapping[str, object]
    ) -> None:
        self._found = found
        self._registry = registry
        self._orchestrator = orchestrator
        self._options = options
        self._startup_ms = 0.0

    @property
    def startup_ms(self) -> object:
        return self._startup_ms

    def answer(self, data: bytes) -> tuple[float, bytes]:
        began = perf_counter()
        body = answer_of(self.run(Given.of_bytes(data))).to_bytes()
        # The run's own time would not include making plain data of a large result.
        return (perf_counter() - began) * 1e3, body

    def run(self, given: Given) -> PipelineReport[Any]:
        """Run the pipeline over an input. Raises IncompleteRunError if something stopped the run."""
        faults = fault_settings(seed=new_seed(), faults="none")
        retry = RetrySettings.from_environment()
        options = RunOptions(
            orchestrator=self._orchestrator,
            orchestrator_options=self._options,
            retry=retry.name,
            retry_options=dict(retry.options),
            faults=faults,
        )
        plan = self._found.plan(self._registry, options, given.value if given.kind == "values" else None)
        report: PipelineReport[Any] = execute(cast("Any", plan), _sources(given), self._registry)
        self._startup_ms = report.summary.startup
        if report.stop is not None:
            raise IncompleteRunError(f"The run was stopped: {report.stop.reason}.", report=cast("Any", report))
        return report

    def close(self) -> None:
        """Do nothing, because each run ends its own workers."""


class _Reference(_Run):
    """Runs the pipeline one element after another. If the input is to be drawn, it draws it and returns it with the answer."""

    def __init__(self, found: FoundPipeline, registry: Registry) -> None:
        super().__init__(found, registry, "sequential", {})

    def answer(self, data: bytes) -> tuple[float, bytes]:
        given = Given.of_bytes(data)
        if given.kind == "sample":
            given = self._drawn(*given.value)
        report = self.run(given)
        answer = answer_of(report)
        expected = self._found.pipeline.expected
        right = None if expected is None else [to_plain(expected(_plain_input(given)))]
        body = given.to_bytes()
        return report.runtime, json.dumps([len(body), right]).encode() + b"\n" + body + answer.to_bytes()

    def _drawn(self, size: int, *parts: object) -> Given:
        pipeline = self._found.pipeline
        assert pipeline.sample is not None
        drawn = pipeline.sample(seeded_random("sample", *parts), size)
        if isinstance(pipeline.input, Values):
            return Given("values", list(cast("Iterable[Any]", drawn)))
        if not isinstance(drawn, str):
            raise TypeError(f"sample() of {pipeline.name!r} must return a text, not {type(drawn).__name__}")
        return Given("text", drawn)


def answer_of(report: PipelineReport[Any]) -> Answer:
    """Return the outcome of a run as plain data."""
    failures: dict[str, int] = {}
    for (task, _), number in report.failures.items():
        failures[task] = failures.get(task, 0) + number
    return Answer(
        elements=report.elements,
        result=to_plain(report.result),
        failures=failures,
        failed={(one.task, one.item): f"{one.error.type}: {one.error.message}"[:200] for one in report.failed_items},
    )


def _sources(given: Given) -> Sequence[Source]:
    if given.kind == "text":
        return [TextSource(given.value)]
    return expand_inputs(given.value) if given.kind == "files" else []


def _plain_input(given: Given) -> Any:
    """Return an input in the form that ``expected`` takes: a text, a list of paths, or a list of values."""
    return [Path(name) for name in given.value] if given.kind == "files" else given.value
