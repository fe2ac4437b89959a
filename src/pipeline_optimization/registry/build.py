"""A component that was chosen, with its options: picklable, so that workers can build it too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Generic, TypeVar

from attrs import frozen

from pipeline_optimization.errors import PluginError
from pipeline_optimization.foreign_code import call_component
from pipeline_optimization.registry.records import Kind
from pipeline_optimization.types import Component

__all__ = ["Choice"]

T_co = TypeVar("T_co", covariant=True)

MEMBERS: Mapping[str, Sequence[str]] = {
    "orchestrator": ("cancel", "close", "open", "poll", "slots", "submit"),
    "tokenizer": ("filter", "is_characterwise", "words"),
    "signature": ("__call__",),
    "lexicon": ("identity", "words"),
    "retry_policy": ("budget", "deadline", "delays", "retries"),
}
"""What a component of each kind must have, as its protocol says."""


@frozen
class Choice(Generic[T_co]):
    """A component and the options to build it with; ``label`` is what the user called it.

    Pickled by reference to the component's factory: both must be importable by name in the worker.
    """

    label: str
    component: Component[Any, T_co]
    options: object
    kind: Kind | None = None

    def build(self) -> T_co:
        """Build the component.

        Raises the AnagramError that its factory raises, and PluginError for any other exception and for what is no
        component of its kind.
        """
        noun = "component" if self.kind is None else self.kind.replace("_", " ")
        what = f"the {noun} {self.label!r}"
        built = call_component(f"Building {what}", self.label, self.component.factory, self.options)
        lacking = [name for name in MEMBERS.get(self.kind or "", ()) if not _has(built, name)]
        if lacking:
            raise PluginError(
                f"T{what[1:]} is {_shown(built)}, which lacks {', '.join(lacking)}. Its factory must return the {noun}.",
                plugin=self.label,
            )
        return built


def _has(built: object, name: str) -> bool:
    """Return whether an object has an attribute, without computing a property."""
    if name == "__call__":
        return callable(built)  # every class has that name, for its instances to be made
    return hasattr(type(built), name) or name in getattr(built, "__dict__", ()) or hasattr(built, name)


def _shown(built: object) -> str:
    return "None" if built is None else f"an object of {type(built).__qualname__}"
