"""Whole runs with a component under test, and runs of the reference."""

from __future__ import annotations

import random
import time
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from pipeline_optimization.hookspecs import hookimpl
from pipeline_optimization.pipeline.model.report import PipelineReport
from pipeline_optimization.pipeline.model.steps import CompletePipeline
from pipeline_optimization.plural import counted
from pipeline_optimization.registry import Registry
from pipeline_optimization.running import run
from pipeline_optimization.sources import TextSource
from pipeline_optimization.testing.checks import CheckFailedError
from pipeline_optimization.testing.drive import PATIENCE
from pipeline_optimization.testing.subject import Subject
from pipeline_optimization.types import (
    Attempt,
    Capabilities,
    Completion,
    ItemFinished,
    OpenContext,
    Orchestrator,
    RunFinished,
    RunStarted,
    TaskFailed,
    TaskRetried,
)

__all__ = ["HEAVY", "EventLog", "heavy", "run_kit", "seeded_texts", "watched"]

R = TypeVar("R")


HEAVY: Mapping[str, Any] = {"faults": "heavy", "latency_scale": 0.0, "seed": 11}
"""Options of a run in which a fifth to a half of all attempts fail, without waiting."""


def heavy(attempts: int) -> Mapping[str, Any]:
    """Return the options of such a run with ``attempts`` attempts for each item."""
    return {**HEAVY, "retry": "fixed", "retry_options": {"attempts": attempts, "delay": 0.0}}


def seeded_texts(number: int, *, seed: int = 1) -> list[str]:
    """Return texts of numbers, some of them empty. They are the same at each call."""
    rng = random.Random(seed)  # noqa: S311 - texts, not secrets
    lines = [[str(rng.randint(0, 12)) for _ in range(rng.randint(0, 5))] for _ in range(8 * number)]
    return ["\n".join(" ".join(line) for line in lines[at::number][: rng.randint(0, 8)]) for at in range(number)]


class _Watched:
    """Passes everything on to an orchestrator, but gives up if nothing comes for a long time. The engine would wait for ever."""

    def __init__(self, orchestrator: Orchestrator, capabilities: Capabilities) -> None:
        self._orchestrator = orchestrator
        self.capabilities = capabilities
        self._in_flight: set[int] = set()
        self._news = time.monotonic()
        clock = getattr(orchestrator, "clock", None)
        if clock is not None:
            self.clock = clock

    @property
    def slots(self) -> int:
        return self._orchestrator.slots

    def open(self, context: OpenContext) -> None:
        self._orchestrator.open(context)

    def submit(self, attempt: Attempt) -> None:
        self._in_flight.add(attempt.id)
        self._news = time.monotonic()
        self._orchestrator.submit(attempt)

    def poll(self, timeout: float) -> Sequence[Completion]:
        completions = self._orchestrator.poll(timeout)
        self._in_flight -= {completion.id for completion in completions}
        now = time.monotonic()
        if completions or not self._in_flight:
            self._news = now
        if now - self._news > PATIENCE:
            raise CheckFailedError(f"Not reported within {PATIENCE:g} s: {counted(len(self._in_flight), 'attempt')}.")
        return completions

    def cancel(self, attempt_id: int) -> bool:
        return self._orchestrator.cancel(attempt_id)

    def close(self, *, force: bool) -> None:
        self._orchestrator.close(force=force)


def watched(subject: Subject[Orchestrator]) -> Orchestrator:
    """Return a new orchestrator under test, for whole runs."""
    return _Watched(subject.make(), subject.capabilities)


def run_kit(
    pipeline: CompletePipeline[Any, R], text: str, orchestrator: Orchestrator | None = None, **options: Any
) -> PipelineReport[R]:
    """Run a pipeline of the kit over a text with an orchestrator, or with the sequential one."""
    return run(
        pipeline, TextSource(text), orchestrator="sequential" if orchestrator is None else orchestrator, **options
    )


class EventLog:
    """A plugin that keeps every event of a run, and calls ``react`` for each finished item."""

    def __init__(self) -> None:
        self.events: list[object] = []

    def registry(self) -> Registry:
        """Return a registry that has this observer."""
        registry = Registry.load()
        registry.register(self, "conformance-kit")
        return registry

    def react(self, event: ItemFinished) -> None:
        """Do nothing. A check may override it."""

    @hookimpl
    def anagram_run_started(self, event: RunStarted) -> None:
        self.events.append(event)

    @hookimpl
    def anagram_task_failed(self, event: TaskFailed) -> None:
        self.events.append(event)

    @hookimpl
    def anagram_task_retried(self, event: TaskRetried) -> None:
        self.events.append(event)

    @hookimpl
    def anagram_item_finished(self, event: ItemFinished) -> None:
        self.events.append(event)
        self.react(event)

    @hookimpl
    def anagram_run_finished(self, event: RunFinished) -> None:
        self.events.append(event)
