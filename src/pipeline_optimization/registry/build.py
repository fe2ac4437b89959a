"""A component that was chosen, with its options: picklable, so that workers can build it too."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

from attrs import frozen

from pipeline_optimization.types import Component

__all__ = ["Choice"]

T_co = TypeVar("T_co", covariant=True)


@frozen
class Choice(Generic[T_co]):
    """A component and the options to build it with; ``label`` is what the user called it.

    Pickled by reference to the component's factory: both must be importable by name in the worker.
    """

    label: str
    component: Component[Any, T_co]
    options: object

    def build(self) -> T_co:
        """Build the component; raises what its factory raises."""
        return self.component.factory(self.options)
