"""Checks of observers, which are plugins that are told what happens."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline_optimization.errors import RunInterrupted
from pipeline_optimization.installed import look_up
from pipeline_optimization.kinds import OBSERVER_HOOKS
from pipeline_optimization.pipeline.model.report import PipelineReport
from pipeline_optimization.registry import Registry
from pipeline_optimization.registry.entries import installed_entries
from pipeline_optimization.testing.checks import Check, CheckFailedError, require
from pipeline_optimization.testing.leftovers import nothing_more
from pipeline_optimization.testing.pipelines import SQUARES, TEXT
from pipeline_optimization.testing.runs import heavy, run_kit
from pipeline_optimization.testing.subject import Subject

__all__ = ["OBSERVER_CHECKS"]

ObserverSubject = Subject[object]

RUNS: Mapping[str, Mapping[str, Any]] = {
    "of an empty text": {"text": ""},
    "without faults": {"text": TEXT, "chunk_size": 8},
    "with failures": {"text": TEXT, **heavy(50)},
    "with failures for good": {"text": TEXT, **heavy(1)},
}


def _run(plugin: object, text: str, **options: Any) -> PipelineReport[dict[tuple[str, int], int]]:
    # Only the core is registered. The plugin may be installed too, and mistakes of other plugins are not its own.
    registry = Registry([entry for entry in installed_entries(look_up()) if entry.is_core])
    undo = registry.register(plugin, "under-test")
    try:
        return run_kit(SQUARES, text, registry=registry, **options)
    except RunInterrupted as error:
        raise CheckFailedError("It interrupted a run.") from error
    finally:
        undo()


def observes_something(subject: ObserverSubject) -> None:
    """The plugin implements at least one observer hook, and the core knows its hooks."""
    registry = Registry()
    registry.register(subject.make(), "under-test")
    (record,) = registry.records
    found = set(record.hooks) & set(OBSERVER_HOOKS.values())
    require(bool(found), f"It implements none of {', '.join(OBSERVER_HOOKS.values())}. Is hookimpl missing?")


def never_raises(subject: ObserverSubject) -> None:
    """It never raises and never interrupts a run: with no input, plain, with failures, with failures for good, and with a checkpoint."""
    for name, options in RUNS.items():
        warnings = _run(subject.make(), **options).warnings
        require(not warnings, f"In a run {name}: {' '.join(warnings)}")
    with tempfile.TemporaryDirectory() as directory:
        warnings = _run(subject.make(), TEXT, checkpoint=Path(directory, "run.checkpoint"), chunk_size=8).warnings
        require(not warnings, f"In a run with a checkpoint: {' '.join(warnings)}")


def changes_nothing(subject: ObserverSubject) -> None:
    """Result and ledger are those of a run without observers."""
    for name, options in RUNS.items():
        expected = run_kit(SQUARES, **options)
        found = _run(subject.make(), **options)
        for what in ("result", "failures", "ledger_digest"):
            require(getattr(found, what) == getattr(expected, what), f"In a run {name}, {what} changed.")


def serves_many_runs(subject: ObserverSubject) -> None:
    """One object observes several runs, one after another, and leaves nothing behind."""
    plugin = subject.make()
    _run(plugin, "3")
    with nothing_more():
        for text in ("3", "4"):
            warnings = _run(plugin, text).warnings
            require(not warnings, f"In a second run: {' '.join(warnings)}")


OBSERVER_CHECKS: Sequence[Check[ObserverSubject]] = (
    Check.of(observes_something),
    Check.of(never_raises, after=["observes_something"]),
    Check.of(changes_nothing, after=["never_raises"]),
    Check.of(serves_many_runs, after=["never_raises"]),
)
