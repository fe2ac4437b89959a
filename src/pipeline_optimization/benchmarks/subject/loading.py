"""Makes a contender from a file or from an installed plugin's orchestrator."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol, runtime_checkable

from pipeline_optimization.file_module import import_file

__all__ = ["Contender", "NoOrchestratorError", "build", "load"]


@runtime_checkable
class Contender(Protocol):
    """What a contender's class must offer; the method may be asynchronous."""

    def process_text(self, text: str) -> object: ...


class NoOrchestratorError(Exception):
    """A file has no usable ``TaskOrchestrator`` class."""


def load(
    kind: str, source: str, text: bytes, options: Mapping[str, object], arguments: Mapping[str, Any]
) -> Callable[[], object]:
    """Import a contender and return what makes an instance of it.

    ``text`` is that of a file when the comparison began: whatever has been done to the file since has no effect.
    ``options`` are those of a plugin's orchestrator, ``arguments`` further ones of ``TaskOrchestrator``.

    Raises NoOrchestratorError, and whatever importing the file raises.
    """
    if kind == "plugin":
        from pipeline_optimization.orchestrator import TaskOrchestrator  # noqa: PLC0415 - it is what is measured here

        return lambda: TaskOrchestrator(source, options=options, **arguments)
    return _class_of(import_file(Path(source), text), source)


def build(make: Callable[[], object]) -> Contender:
    """Make an instance. Raises NoOrchestratorError where it has no ``process_text``."""
    contender = make()
    if not isinstance(contender, Contender):
        raise NoOrchestratorError("TaskOrchestrator has no method process_text(text).")
    return contender


def _class_of(module: ModuleType, source: str) -> Callable[[], object]:
    found = getattr(module, "TaskOrchestrator", None)
    if not isinstance(found, type):
        raise NoOrchestratorError(f"{source} defines no class TaskOrchestrator.")
    return found
