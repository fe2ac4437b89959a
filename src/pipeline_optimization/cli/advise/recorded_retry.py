"""The retry policy of a recorded run, with its options as far as they are known."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import PurePath

import click

from pipeline_optimization.cli.component_options import KindOptions
from pipeline_optimization.observing.reading import EventReader
from pipeline_optimization.tasks.retry_settings import RetrySettings
from pipeline_optimization.types.events import RunStarted

__all__ = ["recorded_retry"]

PROGRAM = "anagram"


def recorded_retry(events: str, *, has_failures: bool) -> tuple[RetrySettings, Sequence[str]]:
    """Return the retry policy of a recorded run, and notes on what is not known of it.

    Events have the policy's name, and the command if the run was started by one. Only the command tells the policy's options.
    """
    started = next((line.event for line in EventReader(events) if isinstance(line.event, RunStarted)), None)
    name = started.retry if started is not None and started.retry else RetrySettings().name
    if started is not None and started.command and PurePath(started.command[0]).stem == PROGRAM:
        return RetrySettings(name=name, options=_options(started.command)), ()
    if not has_failures or name == "none":
        return RetrySettings(name=name), ()
    return RetrySettings(name=name), [
        f"The events do not say whether the retry policy {name} of the recorded run had options. The prediction is made with the defaults."
    ]


def _options(command: Sequence[str]) -> dict[str, object]:
    words = list(command)
    pairs = [value for option, value in itertools.pairwise(words) if option == "-o"]
    pairs += [word[2:] for word in words if word.startswith("-o") and len(word) > len("-o")]
    try:
        return dict(KindOptions.parse(pairs).retry)
    except click.UsageError:  # such a command has not run
        return {}
