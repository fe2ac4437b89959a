"""Sends traces, metrics and logs of runs to an OpenTelemetry collector, if the standard variables ask for it.

Every run imports this module. So it imports nothing of OpenTelemetry, which takes longer than a small run.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from anagram_plugin_opentelemetry.asking import is_asked_for
from pipeline_optimization.hookspecs import hookimpl

if TYPE_CHECKING:
    from anagram_plugin_opentelemetry.export import Export
    from pipeline_optimization.types import (
        AttemptEnded,
        CheckpointSaved,
        RunFinished,
        RunStarted,
        TaskLogged,
        TaskRetried,
        WorkerLost,
        WorkerSeen,
    )

_RUNS: dict[str, Export] = {}
"""The exports of runs that are under way, by the run's id. A program may make several runs at once."""


@hookimpl
def anagram_wants_events() -> bool:
    return is_asked_for(os.environ)


@hookimpl
def anagram_run_started(event: RunStarted) -> None:
    from anagram_plugin_opentelemetry.export import begin  # noqa: PLC0415 - OpenTelemetry, for runs that are exported only

    export = begin(event, os.environ)
    if export is not None:
        _RUNS[event.run_id] = export


@hookimpl
def anagram_worker_seen(event: WorkerSeen) -> None:
    if event.run_id in _RUNS:
        _RUNS[event.run_id].worker_seen()


@hookimpl
def anagram_worker_lost(event: WorkerLost) -> None:
    if event.run_id in _RUNS:
        _RUNS[event.run_id].worker_lost()


@hookimpl
def anagram_attempt_ended(event: AttemptEnded) -> None:
    if event.run_id in _RUNS:
        _RUNS[event.run_id].attempt_ended(event)


@hookimpl
def anagram_task_retried(event: TaskRetried) -> None:
    if event.run_id in _RUNS:
        _RUNS[event.run_id].task_retried(event)


@hookimpl
def anagram_checkpoint_saved(event: CheckpointSaved) -> None:
    if event.run_id in _RUNS:
        _RUNS[event.run_id].checkpoint_saved(event)


@hookimpl
def anagram_task_logged(event: TaskLogged) -> None:
    if event.run_id in _RUNS:
        _RUNS[event.run_id].task_logged(event)


@hookimpl
def anagram_run_finished(event: RunFinished) -> None:
    export = _RUNS.pop(event.run_id, None)
    if export is not None:
        export.finish(event)
