"""Tells an OpenLineage server which runs there are, what they read and what they write, if the client's variables ask for it.

Every run imports this module. So it does not import OpenLineage's client, which takes longer than a small run.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from anagram_plugin_openlineage.asking import is_asked_for
from pipeline_optimization.hookspecs import hookimpl

if TYPE_CHECKING:
    from anagram_plugin_openlineage.telling import Telling
    from pipeline_optimization.types import RunFinished, RunStarted

_RUNS: dict[str, Telling] = {}
"""The runs that are under way and told of, by the run's id. A program may make several at once."""


@hookimpl
def anagram_wants_events() -> bool:
    return is_asked_for(os.environ)


@hookimpl
def anagram_run_started(event: RunStarted) -> None:
    from anagram_plugin_openlineage.telling import begin  # noqa: PLC0415 - the client, for runs that are told only

    telling = begin(event, os.environ)
    if telling is not None:
        _RUNS[event.run_id] = telling


@hookimpl
def anagram_run_finished(event: RunFinished) -> None:
    telling = _RUNS.pop(event.run_id, None)
    if telling is not None:
        telling.finish(event)
