"""Checks of any component: how it is registered, and whether it can be built in workers."""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

from pipeline_optimization.errors import OptionError
from pipeline_optimization.registry.options import describe_options, make_options
from pipeline_optimization.testing.checks import Check, CheckFailedError, CheckSkippedError, require
from pipeline_optimization.testing.subject import Subject

__all__ = ["REGISTRATION_CHECKS", "WORKER_CHECKS", "check_light_import"]

HEAVY_MODULES = frozenset(
    {
        "asyncio",
        "dask",
        "distributed",
        "llvmlite",
        "multiprocessing",
        "numba",
        "numpy",
        "pandas",
        "pyarrow",
        "pyspark",
        "ray",
    }
    | {"scipy", "sklearn", "tensorflow", "torch"}
)
"""Modules that take long to import, or start something. No plugin may import them before it is used."""


def is_described(subject: Subject[Any]) -> None:
    """The component has a summary of one line, and each of its options has a help text and a default that fits."""
    component = _choice(subject).component
    summary = component.summary
    require(bool(summary.strip()) and "\n" not in summary, f"The summary is {summary!r}.")
    mute = [one.name for one in describe_options(component.options) if not one.help.strip()]
    require(not mute, f"Options without help: {', '.join(mute)}.")
    missing = [one.name for one in describe_options(component.options) if one.is_required]
    require(not missing, f"Options without a default: {', '.join(missing)}.")


def refuses_unknown_options(subject: Subject[Any]) -> None:
    """An option that does not exist is refused before anything is built."""
    component = _choice(subject).component
    try:
        make_options(component.options, {"no such option": "1"}, component.name)
    except OptionError:
        return
    raise CheckFailedError("The options take a name that does not exist.")


def is_imported_lightly(subject: Subject[Any]) -> None:
    """Importing the plugin's module imports nothing heavy. The factory may do that."""
    check_light_import(_choice(subject).component.factory.__module__)


def check_light_import(module: str) -> None:
    """Fail the check if importing a module in a new process imports something heavy."""
    root = module.partition(".")[0]
    spec = find_spec(root)
    if root == "pipeline_optimization" or spec is None or spec.origin is None or not spec.submodule_search_locations:
        raise CheckSkippedError("it is not in a plugin's package")
    code = f"import sys, {module}; print('\\n'.join(sys.modules))"
    done = subprocess.run(  # noqa: S603 - a module's name, no shell
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    require(done.returncode == 0, f"Importing {module} failed: {done.stderr.strip()[-200:]}")
    heavy = sorted(HEAVY_MODULES & set(done.stdout.split()))
    require(not heavy, f"Importing {module} imports {', '.join(heavy)}; import them in the factory.")


def can_be_sent_to_workers(subject: Subject[Any]) -> None:
    """Factory and options can be imported by name elsewhere, so that workers can build the component too."""
    choice = _choice(subject)
    again = pickle.loads(pickle.dumps(choice))
    require(
        again.options == choice.options, f"The options became {again.options!r}; their class must be an attrs class."
    )
    again.build()


def _choice(subject: Subject[Any]) -> Any:
    if subject.choice is None:
        raise CheckSkippedError("it is not registered as a component")
    return subject.choice


REGISTRATION_CHECKS: Sequence[Check[Subject[Any]]] = (
    Check.of(is_described),
    Check.of(refuses_unknown_options),
    Check.of(is_imported_lightly),
)
WORKER_CHECKS: Sequence[Check[Subject[Any]]] = (*REGISTRATION_CHECKS, Check.of(can_be_sent_to_workers))
"""The checks of components that are also built in workers."""
