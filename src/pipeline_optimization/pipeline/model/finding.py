"""Finds a pipeline by what a user calls it: a registered name, ``FILE.py[:NAME]`` or ``package.module:NAME``, with its options.

The name stands for a pipeline, or for a function that returns one. The parameters of such a function are the pipeline's options.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import attrs
from attrs import field, frozen

from pipeline_optimization.error_text import describe_with_place
from pipeline_optimization.errors import UnknownComponentError, UsageError
from pipeline_optimization.file_module import FileModule
from pipeline_optimization.foreign_code import ForeignCodeError, call_component, call_foreign
from pipeline_optimization.pipeline.model.job import PipelineJob
from pipeline_optimization.pipeline.model.parameters import options_of, return_type
from pipeline_optimization.pipeline.model.planning import plan_pipeline
from pipeline_optimization.pipeline.model.steps import CompletePipeline, Pipeline, Steps
from pipeline_optimization.pipeline.plan import RunOptions, RunPlan
from pipeline_optimization.registry import Registry
from pipeline_optimization.registry.options import make_options
from pipeline_optimization.spelling_hint import did_you_mean
from pipeline_optimization.tasks.task_decorator import TaskSpec
from pipeline_optimization.types import Component, NoOptions

if TYPE_CHECKING:
    from pipeline_optimization.pipeline.destinations import Destination

__all__ = ["FoundPipeline", "find_pipeline", "home_and_name", "locate_pipeline"]

NAME = "pipeline"
"""The name of a pipeline that is taken from a file if none is given."""

Value = str | int | float | bool | None


@frozen(kw_only=True)
class FoundPipeline:
    """A pipeline with what another process needs to find it again.

    Attributes:
        pipeline: The pipeline.
        reference: What the user called it. ``find_pipeline`` makes the same pipeline of ``reference`` and ``options``, which are plain data.
        options: The options that it was built with, defaults included.
        files: The single files that workers need for its functions.
    """

    pipeline: CompletePipeline[Any, Any]
    reference: str
    options: Mapping[str, Value]
    files: Sequence[FileModule] = field(repr=False)

    def plan(
        self,
        registry: Registry,
        options: RunOptions,
        given: Iterable[Any] | None = None,
        *,
        sink: Destination | None = None,
    ) -> RunPlan[PipelineJob[Any]]:
        """Plan a run over values, or over sources if ``given`` is None. ``sink`` takes the values of its end. Raises as ``plan_pipeline`` does."""
        return plan_pipeline(
            registry, options, self.pipeline, given, modules=self.files, settings=self.options, sink=sink
        )


@frozen(kw_only=True)
class LocatedPipeline:
    """A pipeline that is not built yet, as a component with options."""

    component: Component[Any, CompletePipeline[Any, Any]]
    reference: str
    files: Sequence[FileModule]

    def build(self, options: Mapping[str, object]) -> FoundPipeline:
        """Build the pipeline. Raises OptionError for its options, PluginError if building fails, UsageError if the result is no pipeline."""
        owner = f"the pipeline {self.component.name!r}"
        made = make_options(self.component.options, options, owner)
        pipeline = call_component(f"Building {owner}", self.component.name, self.component.factory, made)
        return FoundPipeline(
            pipeline=_complete(pipeline, f"What {self.component.name!r} returns"),
            reference=self.reference,
            options=_plain(attrs.asdict(made, recurse=False)),
            files=self.files,
        )


def find_pipeline(
    reference: str, options: Mapping[str, object] | None = None, registry: Registry | None = None
) -> FoundPipeline:
    """Return the pipeline that a user named, built with its options.

    Args:
        reference: ``FILE.py``, ``FILE.py:NAME``, ``package.module:NAME``, or the name by which a plugin registers it. ``:NAME`` may be left out if a
            file has one pipeline only, or one that is called ``pipeline``.
        options: The pipeline's own options. Texts are converted to the types of its function's parameters.
        registry: The plugins. If it is None, all installed plugins.

    Raises:
        OptionError: For an unknown option or a wrong value.
        UsageError: If there is no such pipeline, or its module cannot be imported.
        PluginError: If the function that should return it raises.
    """
    return locate_pipeline(reference, registry).build(options or {})


def locate_pipeline(reference: str, registry: Registry | None = None) -> LocatedPipeline:
    """Return the pipeline that a user named, before its options are known. Raises UsageError and PluginError."""
    home, name = home_and_name(reference)
    if not (home.endswith(".py") or name):
        return _registered(reference.removesuffix(":"), registry or Registry.load())
    module, files = _import(home)
    name = name or _only_name(module, home)
    members = vars(module)
    if name not in members:
        found = _candidates(module)
        there = did_you_mean(name, found) or (f" It has {', '.join(found)}." if found else " It has no pipeline.")
        raise UsageError(f"{home!r} has no {name!r}.{there}")
    label = reference if reference.endswith(f":{name}") else f"{reference}:{name}"
    place = f"{files[0].path}:{name}" if files else label
    return LocatedPipeline(component=_component(members[name], name, home, label), reference=place, files=files)


def home_and_name(reference: str) -> tuple[str, str]:
    """Return the file or module that a reference names, and the name in it, which may be empty."""
    home, _, name = reference.rpartition(":") if ":" in reference else (reference, "", "")
    return home, name


def _registered(name: str, registry: Registry) -> LocatedPipeline:
    try:
        component = registry.component("pipeline", name)
    except UnknownComponentError as error:
        file = f"{name}.py"
        hint = f"Or is it the file {file}?" if os.path.isfile(file) else "A file is named by FILE.py or FILE.py:NAME"
        more = "" if os.path.isfile(file) else ", a module by package.module:NAME."
        raise UnknownComponentError(
            f"{error} {hint}{more}", kind=error.kind, name=name, installed=error.installed
        ) from error
    return LocatedPipeline(component=component, reference=name, files=())


def _import(home: str) -> tuple[ModuleType, list[FileModule]]:
    """Return a module, and its file if it is a single file."""
    try:
        if home.endswith(".py"):
            file = FileModule.of(Path(home))
            return call_foreign(file.restore), [file]
        if os.getcwd() not in sys.path:
            sys.path.append(os.getcwd())  # last, so that no file there takes the place of another module
        return call_foreign(import_module, home), []
    except OSError as error:
        raise UsageError(
            f"The pipeline's file {home!r} cannot be read: {error.strerror or error}.{_neighbour(Path(home))}"
        ) from error
    except ForeignCodeError as error:
        if isinstance(error.raised, MemoryError):
            raise error.raised from None
        advice = " Run the command where the module is, or name its file." if _is_missing(error.raised, home) else ""
        raise UsageError(f"{home!r} cannot be imported: {describe_with_place(error.raised)}.{advice}") from error.raised


def _is_missing(error: BaseException, module: str) -> bool:
    """Return whether an import failed because the module itself does not exist. Another import inside it may fail too."""
    return isinstance(error, ModuleNotFoundError) and f"{module}.".startswith(f"{error.name}.")


def _neighbour(path: Path) -> str:
    """Return a hint that names the Python file beside a missing one that was probably meant, with a space before it."""
    folder = path.parent
    names = [one.name for one in folder.glob("*.py")] if not path.exists() and folder.is_dir() else []
    return did_you_mean(path.name, names) or (" Check the name." if not path.exists() else "")


def _only_name(module: ModuleType, home: str) -> str:
    if NAME in vars(module):
        return NAME
    found = _candidates(module)
    if len(found) == 1:
        return found[0]
    there = (
        f"It has {', '.join(found)}: name one, as in {home}:{found[0]}."
        if found
        else ('Define one at its top level, such as: pipeline = Pipeline("my-name").lines().map(parse).count()')
    )
    raise UsageError(f"{home!r} has no pipeline called {NAME!r}. {there}")


def _candidates(module: ModuleType) -> list[str]:
    """Return the names of a module's pipelines, and of its own functions whose annotation says that they return one."""
    return [
        name
        for name, member in vars(module).items()
        if isinstance(member, CompletePipeline)
        or (_is_function(member) and member.__module__ == module.__name__ and _says_pipeline(member))
    ]


def _says_pipeline(function: Callable[..., Any]) -> bool:
    """Return whether a function is annotated to return a pipeline. The name may be imported for type checkers only."""
    annotation = getattr(function, "__annotations__", {}).get("return")
    named = isinstance(annotation, str) and annotation.partition("[")[0].endswith(CompletePipeline.__name__)
    return named or return_type(function) is CompletePipeline


def _is_function(member: object) -> bool:
    """Return whether a member may be a function that makes a pipeline. A class or the function of a step is not."""
    return callable(member) and not isinstance(member, type) and not _is_step(member)


def _is_step(member: object) -> bool:
    return isinstance(getattr(member, "spec", None), TaskSpec)


def _component(member: Any, name: str, home: str, label: str) -> Component[Any, CompletePipeline[Any, Any]]:
    """Return what a name stands for, as a component. Raises UsageError if it neither is nor makes a pipeline."""
    if not _is_function(member):
        pipeline = _complete(member, f"{name} in {home!r}")
        return Component(name=label, summary="", factory=lambda _: pipeline, options=NoOptions)
    returned = return_type(member)
    if isinstance(returned, type) and not issubclass(CompletePipeline, returned) and returned is not Steps:
        raise UsageError(
            f"{name} in {home!r} is no pipeline, but a function that returns {returned.__name__}. Name a pipeline, or a "
            "function that returns one."
        )
    summary = (member.__doc__ or "").strip().partition("\n")[0]
    owner = f"{name}() in {home!r}"
    return Component(name=label, summary=summary, factory=partial(_call, member), options=options_of(member, owner))


def _call(function: Callable[..., Any], options: Any) -> Any:
    return function(**attrs.asdict(options, recurse=False))


def _complete(member: object, what: str) -> CompletePipeline[Any, Any]:
    if isinstance(member, Steps):
        raise UsageError(f"{what} has no end. Add one, such as .count() or .collect().")
    if isinstance(member, Pipeline):
        raise UsageError(f"{what} has no input and no end. Add them, such as .lines() and .count().")
    if _is_step(member):
        raise UsageError(f"{what} is no pipeline, but a function with @task. Name the pipeline that calls it.")
    if not isinstance(member, CompletePipeline):
        raise UsageError(f"{what} is no pipeline, but of type {type(member).__name__}.")
    return member


def _plain(values: Mapping[str, Any]) -> dict[str, Value]:
    """Return the values that can be written down. The others are defaults, because nobody can type them."""
    texts = {name: str(value) if isinstance(value, Path) else value for name, value in values.items()}
    return {name: value for name, value in texts.items() if value is None or isinstance(value, str | int | float)}
