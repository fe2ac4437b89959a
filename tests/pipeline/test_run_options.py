"""The options of a run are defined once; every door that spells them for its users spells just these."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping

import click
from attrs import fields

import pipeline_optimization
from pipeline_optimization import count_anagrams
from pipeline_optimization.anagrams.plan import AnagramOptions
from pipeline_optimization.cli.run.command import run
from pipeline_optimization.orchestrator import TaskOrchestrator
from pipeline_optimization.pipeline.plan import FAULTS, RunOptions

DEFAULTS = AnagramOptions()


def defined(kind: type[RunOptions]) -> Mapping[str, object]:
    """Return the options of a kind of run with their defaults, by the names that callers use."""
    own = {one.name: getattr(DEFAULTS, one.name) for one in fields(kind) if one.name != "faults"}
    # What times are multiplied by depends on the profile where nobody says it.
    return own | {name: getattr(DEFAULTS.faults, part) for name, part in FAULTS.items()} | {"latency_scale": None}


DEFINED = defined(AnagramOptions)


def spelled(function: Callable[..., object], *own: str) -> Mapping[str, object]:
    """Return a function's keyword arguments with their defaults, but for its ``own``."""
    parameters = inspect.signature(function).parameters.values()
    return {one.name: one.default for one in parameters if one.name not in own}


OF_ROWS = ("output", "sink", "sink_options")
"""Arguments of ``run`` alone: where rows go, which only pipelines have."""


def test_the_function_spells_all_of_them() -> None:
    """Each option is an argument of ``count_anagrams``, with the default that it is defined with; those of any job are of ``run``."""
    for function, kind in ((count_anagrams, AnagramOptions), (pipeline_optimization.run, RunOptions)):
        found = dict(
            spelled(function, "source", "pipeline", "inputs", *OF_ROWS, "registry", "on_progress", "should_stop")
        )
        assert found.pop("limits") is None  # one object as a default would be shown with all its fields
        assert found == {name: default for name, default in defined(kind).items() if name != "limits"}


def test_the_class_spells_those_that_the_environment_does_not_say() -> None:
    """``TaskOrchestrator`` calls the orchestrator's options ``options``; None there stands for the environment."""
    found = dict(spelled(TaskOrchestrator))
    found["orchestrator_options"] = found.pop("options")
    assert found.keys() <= DEFINED.keys()
    assert {name: value for name, value in found.items() if value is not None} == {
        name: DEFINED[name] for name, value in found.items() if value is not None
    }


def test_the_command_spells_all_of_them() -> None:
    """Each option of a run is one of the command, but for those that ``-o`` gives, the test case and the bounds."""
    options = {one.name: one for one in run.params if isinstance(one, click.Option)}
    by_other_means = {name for name in DEFINED if name.endswith("_options")} | {
        "case",
        "limits",
        "retries_failed",
        "account",
    }
    assert DEFINED.keys() - by_other_means <= options.keys()
    assert "retry_failed" in options
    for name in DEFINED.keys() - by_other_means - {"faults"}:
        given = run.make_context("run", []).params[name]
        assert given == DEFINED[name], name
