"""A plugin in a single file whose orchestrators cheat or break on users' pipelines, each in one way."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, ClassVar

from pipeline_optimization.builtin.sequential import SequentialOrchestrator
from pipeline_optimization.engine import worker
from pipeline_optimization.engine.faults import CALM
from pipeline_optimization.hookspecs import hookimpl
from pipeline_optimization.pipeline.model import ends, inputs
from pipeline_optimization.types import Attempt, Completion, Component, NoOptions, OpenContext


class Remembers(SequentialOrchestrator):
    """Answers every input as the first one, attempt by attempt."""

    answers: ClassVar[list[Completion]] = []

    def open(self, context: OpenContext) -> None:
        super().open(context)
        self._number = 0

    def poll(self, timeout: float) -> Sequence[Completion]:
        found = []
        for one in super().poll(timeout):
            self._number += 1
            if len(self.answers) < self._number:
                self.answers.append(one)
            payload = self.answers[self._number - 1].payload
            found.append(Completion(id=one.id, status="done", payload=payload, worker="main"))
        return found


class Miscounts(SequentialOrchestrator):
    """Adds one to each count of the result."""

    def open(self, context: OpenContext) -> None:
        super().open(context)
        true = ends.Count.result
        if true.__name__ == "result":  # once a process

            def inflated(self: Any, total: Any) -> Any:
                return {value: number + 1 for value, number in true(self, total).items()}

            ends.Count.result = inflated  # type: ignore[method-assign]


class Drops(SequentialOrchestrator):
    """Leaves the last part of the input out."""

    def open(self, context: OpenContext) -> None:
        super().open(context)
        if inputs.Lines.parts is _PARTS:
            inputs.Lines.parts = _fewer_parts  # type: ignore[method-assign]


_PARTS = inputs.Lines.parts


def _fewer_parts(self: inputs.Lines, *arguments: Any, **options: Any) -> Iterator[Any]:
    return iter(list(_PARTS(self, *arguments, **options))[:-1])


class Skips(SequentialOrchestrator):
    """Lets no simulated call wait or fail, nor asks for one."""

    def open(self, context: OpenContext) -> None:
        super().open(context)
        worker.pass_latency = lambda *args, **options: CALM  # type: ignore[attr-defined]


class Crashes(SequentialOrchestrator):
    def submit(self, attempt: Attempt) -> None:
        os.kill(os.getpid(), signal.SIGKILL)


class Hangs(SequentialOrchestrator):
    def poll(self, timeout: float) -> Sequence[Completion]:
        time.sleep(60)
        return []


CHEATS = {
    "crashes": Crashes,
    "drops": Drops,
    "hangs": Hangs,
    "miscounts": Miscounts,
    "remembers": Remembers,
    "skips": Skips,
}


def _made(kind: type[SequentialOrchestrator], options: NoOptions) -> SequentialOrchestrator:
    return kind()


@hookimpl
def anagram_register_orchestrators() -> Iterator[Component[NoOptions, SequentialOrchestrator]]:
    for name, kind in CHEATS.items():
        yield Component(name=name, summary=str(kind.__doc__), factory=partial(_made, kind), options=NoOptions)
