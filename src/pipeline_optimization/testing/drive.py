"""Drives an orchestrator by hand, without the engine: attempts in, completions out, with a limit on the wait."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from types import TracebackType
from typing import Self

from pipeline_optimization.engine.faults import FaultPlan, TaskFaults
from pipeline_optimization.engine.wire import Answer, Call, completions_in, decode_answer, encode_call
from pipeline_optimization.engine.worker import WorkerSetup
from pipeline_optimization.testing.checks import CheckFailedError, require
from pipeline_optimization.testing.stages import build_kit_stages
from pipeline_optimization.types import Attempt, Completion, OpenContext, Orchestrator

__all__ = ["PATIENCE", "Drive"]

PATIENCE = 30.0
"""If nothing comes for this many seconds, an attempt counts as forgotten."""


class Drive:
    """An open orchestrator. Leaving the context closes it by force."""

    def __init__(self, orchestrator: Orchestrator, *, faults: Mapping[str, TaskFaults] | None = None) -> None:
        self.orchestrator = orchestrator
        self.reports: dict[int, list[Completion]] = defaultdict(list)
        self._setup = WorkerSetup(build=build_kit_stages, argument=None, faults=FaultPlan(tasks=faults or {}))
        self._last_id = 0
        self.started: set[int] = set()

    def __enter__(self) -> Self:
        context = OpenContext(run_id="conformance", worker_init=self._setup.to_bytes(), started=self.started.add)
        self.orchestrator.open(context)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.orchestrator.close(force=True)

    def submit(self, task: str, data: bytes = b"", *, number: int = 1) -> int:
        """Submit an attempt and return its id."""
        self._last_id += 1
        payload = encode_call(Call(task, f"key {self._last_id}", number, data))
        item = f"{task}:{self._last_id}"
        self.orchestrator.submit(Attempt(id=self._last_id, item=item, number=number, payload=payload))
        return self._last_id

    def poll(self, timeout: float) -> Sequence[Completion]:
        """Poll once and keep the completions."""
        completions = completions_in(self.orchestrator.poll(timeout), orchestrator=type(self.orchestrator).__name__)
        for completion in completions:
            self.reports[completion.id].append(completion)
        return completions

    def finish(self, ids: Iterable[int]) -> list[Completion]:
        """Poll until each of the attempts was reported. Return the first report of each."""
        wanted = list(ids)
        until = time.monotonic() + PATIENCE
        while missing := [one for one in wanted if one not in self.reports]:
            known = len(self.reports)
            self.poll(0.25)
            if len(self.reports) > known:  # reporting the same again and again is no news
                until = time.monotonic() + PATIENCE
            require(
                time.monotonic() < until,
                f"{len(missing)} of {len(wanted)} attempts were not reported within {PATIENCE:g} s without news.",
            )
        return [self.reports[one][0] for one in wanted]

    def run(self, task: str, data: bytes = b"", *, number: int = 1) -> Answer:
        """Run one attempt to its end and return the worker's answer."""
        return answer_of(self.finish([self.submit(task, data, number=number)])[0])


def answer_of(completion: Completion) -> Answer:
    """Return a worker's answer. Raises CheckFailedError if it is no worker's answer."""
    require(completion.status == "done", f"An attempt was reported as lost: {completion.detail or 'without detail'}.")
    try:
        return decode_answer(completion.payload)
    except Exception as error:
        raise CheckFailedError(f"{completion.payload[:40]!r} is no answer that run_attempt returned.") from error
