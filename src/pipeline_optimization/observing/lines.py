"""Events as lines of JSON. The file ``schema.json`` describes them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from attrs import asdict

from pipeline_optimization.error_text import place_in, shortened
from pipeline_optimization.observing.resources import ResourcesSampled
from pipeline_optimization.observing.sampling import Segment
from pipeline_optimization.types import ErrorRecord
from pipeline_optimization.types.events import (
    AttemptEnded,
    CheckpointSaved,
    RunFinished,
    RunStarted,
    TaskLogged,
    TaskRetried,
    WorkerLost,
    WorkerSeen,
)
from pipeline_optimization.types.step_time import StepTime

__all__ = ["FORMAT", "KINDS", "VERSION", "AttemptLines", "first_line", "line_of", "retried_line", "sampled_line"]

FORMAT = "pipeline-optimization events"
VERSION = 1
"""Increase it if a reader of the old version would misread a file. New kinds of events or new members do not need that."""

KINDS: Mapping[type, str] = {
    RunStarted: "run_started",
    WorkerSeen: "worker_seen",
    WorkerLost: "worker_lost",
    AttemptEnded: "attempt_ended",
    TaskRetried: "task_retried",
    CheckpointSaved: "checkpoint_saved",
    ResourcesSampled: "resources_sampled",
    TaskLogged: "log",
    RunFinished: "run_finished",
}
"""The events that are written, with their names in a line. What other events tell of attempts and items is in ``attempt_ended``."""

Written = (
    RunStarted | WorkerSeen | WorkerLost | TaskRetried | CheckpointSaved | ResourcesSampled | TaskLogged | RunFinished
)

LONGEST = 2000
"""The most characters of an error's message in a line."""

MOST_HEADS = 10_000
"""The most beginnings of lines that are remembered."""

SECOND = 1_000_000_000

_JSON = ("false", "true")

_encode: Callable[[str], str] = json.encoder.encode_basestring_ascii


def first_line() -> str:
    """Return the first line, which says what the file is."""
    return _line({"seq": 0, "kind": "stream", "format": FORMAT, "version": VERSION})


def line_of(seq: int, event: Written, **more: object) -> str:
    """Return the line of any event but an attempt's, with ``more`` members."""
    facts = asdict(event)
    time = round(facts.pop("time") * SECOND)
    if not isinstance(event, RunStarted):
        del facts["run_id"]
    if isinstance(event, RunFinished):
        facts["error"] = None if event.error is None else _error(event.error)
        for name in ("account", "critical_path"):
            if facts[name] is None:
                del facts[name]
    return _line({"seq": seq, "kind": KINDS[type(event)], "time_ns": time, **facts, **more})


def sampled_line(seq: int, segment: Segment, time: float) -> str:
    """Return the line that ends a stretch of a run, with how many of its attempts were written."""
    return _line({"seq": seq, "kind": "sampled", "time_ns": round(time * SECOND), **asdict(segment)})


def retried_line(seq: int, event: TaskRetried) -> str:
    """Return the line of a retry. There may be nearly as many retries as attempts, so it is one format."""
    return (
        f'{{"seq":{seq},"kind":"task_retried","time_ns":{round(event.time * SECOND)},"item":{_encode(event.item)},'
        f'"task":{_encode(event.task)},"attempt":{event.attempt},"delay":{event.delay!r}}}\n'
    )


def _error_text(error: ErrorRecord) -> str:
    facts = _error(error)
    return (
        f'{{"type":{_encode(error.type)},"message":{_encode(str(facts["message"]))},"injected":{_JSON[error.injected]},'
        f'"is_permanent":{_JSON[error.is_permanent]},"place":{_encode(str(facts["place"]))}}}'
    )


def _line(facts: Mapping[str, Any]) -> str:
    return json.dumps(facts, separators=(",", ":")) + "\n"


def _error(error: ErrorRecord) -> dict[str, object]:
    """Return the members of an error: the place from its traceback, and not the traceback itself."""
    return {
        "type": error.type,
        "message": shortened(error.message, LONGEST),
        "injected": error.injected,
        "is_permanent": error.is_permanent,
        "place": place_in(error.traceback) if error.traceback else "",
    }


class AttemptLines:
    """Makes the lines of attempts. There may be millions, and making them is the cost of recording a run, so each line is one format."""

    def __init__(self) -> None:
        self._heads: dict[tuple[str, str, int, str, str], str] = {}

    def line_of(self, seq: int, event: AttemptEnded, stands_for: int = 1) -> str:
        """Return the line of an attempt. ``stands_for`` is how many attempts it represents."""
        (
            _, item, task, number, outcome, error, status, worker, slot, handed_out, began, ended, back, latency,
            bytes_in, bytes_out, elements, bundle, waited, stalled, steps,
        ) = event  # fmt: skip
        key = (task, worker, slot, outcome, status)
        head = self._heads.get(key)
        if head is None:
            if len(self._heads) >= MOST_HEADS:
                self._heads.clear()
            head = self._heads[key] = (
                f'"kind":"attempt_ended","task":{_encode(task)},"outcome":"{outcome}","status":"{status}",'
                f'"worker":{_encode(worker)},"slot":{slot}'
            )
        tail = "" if error is None else f',"error":{_error_text(error)}'
        if stands_for != 1:
            tail += f',"stands_for":{stands_for}'
        if waited:
            tail += f',"waited_ns":{waited}'
        if stalled:
            tail += f',"stalled_ns":{stalled}'
        if steps:
            tail += f',"steps":[{",".join(map(_step_text, steps))}]'
        if bundle:
            tail += f',"bundle":{_encode(bundle)}'
        if handed_out is None or began is None:
            handed_out, began, ended = (_or_null(time) for time in (handed_out, began, ended))  # type: ignore[assignment]
        return (
            f'{{"seq":{seq},{head},"time_ns":{back},"item":{_encode(item)},"attempt":{number},"handed_out_ns":{handed_out},'
            f'"began_ns":{began},"ended_ns":{ended},"latency_ns":{latency},"bytes_in":{bytes_in},"bytes_out":{bytes_out},'
            f'"elements":{elements}{tail}}}\n'
        )


def _step_text(one: StepTime) -> str:
    name, calls, computed, waited, stalled, longest = one
    tail = f',"longest_wait_ns":{longest}' if longest else ""
    return (
        f'{{"step":{_encode(name)},"calls":{calls},"computed_ns":{computed},"waited_ns":{waited},'
        f'"stalled_ns":{stalled}{tail}}}'
    )


def _or_null(time: int | None) -> int | str:
    return "null" if time is None else time
