"""The log messages for events of a run."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

from pipeline_optimization.plural import counted, counted_slots
from pipeline_optimization.types.events import (
    CheckpointSaved,
    RunEvent,
    RunFinished,
    RunStarted,
    TaskFailed,
    TaskRetried,
    WorkerSeen,
)

__all__ = ["LEVELS", "message_of"]

LEVELS: Mapping[str, int] = {
    "RunStarted": logging.INFO,
    "WorkerSeen": logging.INFO,
    "TaskFailed": logging.WARNING,
    "TaskRetried": logging.DEBUG,
    "CheckpointSaved": logging.INFO,
    "RunFinished": logging.WARNING,
}
"""The highest level at which an event of each kind is logged. A lost worker is logged with the attempt that was lost, because not every orchestrator
knows which worker that was."""

Message = tuple[int, str, Mapping[str, object]]
"""A level, a text, and the labels: item, attempt, worker."""


def _failed(event: TaskFailed) -> Message:
    of = {"item": event.item, "attempt": event.attempt, "worker": event.worker}
    if event.kind == "lost":
        return logging.WARNING, f"Attempt {event.attempt} of {event.item} was lost: {event.error.message}", of
    text = f"Attempt {event.attempt} of {event.item} failed: {event.error.type}: {event.error.message}"
    return logging.DEBUG, text, of


def _retried(event: TaskRetried) -> Message:
    text = f"{event.item} is tried again in {event.delay:.3g} s: attempt {event.attempt}"
    return logging.DEBUG, text, {"item": event.item, "attempt": event.attempt}


def _seen(event: WorkerSeen) -> Message:
    return logging.INFO, f"The worker {event.worker} is at work", {"worker": event.worker}


def _saved(event: CheckpointSaved) -> Message:
    are = "is" if event.items == 1 else "are"
    return logging.INFO, f"{counted(event.items, 'item')} {are} safe in the checkpoint {event.path}", {}


def _started(event: RunStarted) -> Message:
    text = f"A run of {event.name} begins on {event.orchestrator} with {counted_slots(event.slots)}, seed {event.seed}"
    if event.resumed_from:
        text += f"; it goes on with the checkpoint {event.resumed_from}"
    return logging.INFO, text, {}


def _finished(event: RunFinished) -> Message:
    failures = sum(one.failures for one in event.tasks.values())
    attempts = counted(sum(one.attempts for one in event.tasks.values()), "attempt")
    if event.is_complete:
        return logging.INFO, f"The run is complete: {attempts}", {}
    if event.error is not None:
        why = f"{event.error.type}: {event.error.message}"
    else:
        why = event.reason or f"{counted(failures, 'item')} failed for good"
    return logging.WARNING, f"The run is not complete ({attempts}): {why}", {}


_MESSAGES: Mapping[type, Callable[[Any], Message]] = {
    RunStarted: _started,
    WorkerSeen: _seen,
    TaskFailed: _failed,
    TaskRetried: _retried,
    CheckpointSaved: _saved,
    RunFinished: _finished,
}


def message_of(event: RunEvent) -> Message:
    """Return the log message for an event of one of the kinds in ``LEVELS``."""
    return _MESSAGES[type(event)](event)
