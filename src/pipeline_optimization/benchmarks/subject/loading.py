"""Makes a contender from a file or from an installed plugin's orchestrator."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib.machinery import ModuleSpec
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Protocol, runtime_checkable

__all__ = ["Contender", "NoOrchestratorError", "build", "load"]


@runtime_checkable
class Contender(Protocol):
    """What a contender's class must offer; the method may be asynchronous."""

    def process_text(self, text: str) -> object: ...


class NoOrchestratorError(Exception):
    """A file has no usable ``TaskOrchestrator`` class."""


def load(kind: str, source: str, options: Mapping[str, object]) -> Callable[[], object]:
    """Import a contender and return what makes an instance of it.

    Raises NoOrchestratorError, and whatever importing the file raises.
    """
    if kind == "plugin":
        from pipeline_optimization.orchestrator import TaskOrchestrator  # noqa: PLC0415 - it is what is measured here

        return lambda: TaskOrchestrator(source, options=options)
    return _class_of(_import_file(Path(source)), source)


def build(make: Callable[[], object]) -> Contender:
    """Make an instance. Raises NoOrchestratorError where it has no ``process_text``."""
    contender = make()
    if not isinstance(contender, Contender):
        raise NoOrchestratorError("TaskOrchestrator has no method process_text(text).")
    return contender


def _import_file(path: Path) -> ModuleType:
    """Import a file under a name by which worker processes of any start method find it again."""
    folder = str(path.parent.resolve())
    # Last, so that a contender called threading.py shadows nothing.
    sys.path.append(folder)
    name = path.stem if _belongs_to(find_spec(path.stem) if path.stem.isidentifier() else None, path) else ""
    spec = spec_from_file_location(name or f"contender_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is no Python file")
    module = module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def _belongs_to(spec: ModuleSpec | None, path: Path) -> bool:
    return spec is not None and spec.origin is not None and Path(spec.origin).resolve() == path.resolve()


def _class_of(module: ModuleType, source: str) -> Callable[[], object]:
    found = getattr(module, "TaskOrchestrator", None)
    if not isinstance(found, type):
        raise NoOrchestratorError(f"{source} defines no class TaskOrchestrator.")
    return found
