"""Finds a pipeline by what a user calls it: ``FILE.py``, ``FILE.py:NAME`` or ``package.module:NAME``."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from pipeline_optimization.error_text import describe_with_place
from pipeline_optimization.errors import UsageError
from pipeline_optimization.file_module import FileModule
from pipeline_optimization.pipeline.model.steps import CompletePipeline, Steps
from pipeline_optimization.spelling_hint import did_you_mean

__all__ = ["find_pipeline"]


def find_pipeline(reference: str) -> tuple[CompletePipeline[Any, Any], list[FileModule]]:
    """Return a pipeline, and the files that workers need for it.

    A name may be left out where the module has one pipeline, or one that is called ``pipeline``. Raises UsageError where there is none,
    or where its module fails.
    """
    home, _, name = reference.rpartition(":") if ":" in reference else (reference, "", "")
    files: list[FileModule] = []
    try:
        if home.endswith(".py"):
            file = FileModule.of(Path(home))
            files.append(file)
            module = file.restore()
        elif name:
            if os.getcwd() not in sys.path:
                sys.path.append(os.getcwd())  # last, so that nothing there takes the place of another module
            module = import_module(home)
        else:
            raise UsageError(f"--pipeline takes FILE.py, FILE.py:NAME or package.module:NAME, not {reference!r}.")
    except UsageError:
        raise
    except OSError as error:
        raise UsageError(f"The pipeline's file {home!r} cannot be read: {error.strerror or error}.") from error
    except Exception as error:
        raise UsageError(f"{home!r} cannot be imported: {describe_with_place(error)}.") from error
    return _of(module, home, name), files


def _of(module: ModuleType, home: str, name: str) -> CompletePipeline[Any, Any]:
    members = vars(module)
    found = {key: value for key, value in members.items() if isinstance(value, CompletePipeline)}
    if not name:
        name = "pipeline" if "pipeline" in members or len(found) != 1 else next(iter(found))
        if name not in members:
            there = (
                f"It has {', '.join(found)}: name one, as in {home}:{next(iter(found))}."
                if found
                else ('Define one at its top level, such as: pipeline = Pipeline("my-name").lines().map(parse).count()')
            )
            raise UsageError(f"{home!r} has no pipeline called 'pipeline'. {there}")
    if name not in members:
        raise UsageError(f"{home!r} has no {name!r}.{did_you_mean(name, list(found))}")
    chosen = members[name]
    if isinstance(chosen, Steps):
        raise UsageError(f"{name} in {home!r} has no end. Add one, such as .count() or .collect().")
    if not isinstance(chosen, CompletePipeline):
        raise UsageError(f"{name} in {home!r} is no pipeline, but of type {type(chosen).__name__}.")
    return chosen
