"""The component under test."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar

from attrs import field, frozen

from pipeline_optimization.registry import Choice, Kind, Registry
from pipeline_optimization.types import Capabilities

__all__ = ["Subject"]

T = TypeVar("T")


@frozen(kw_only=True)
class Subject(Generic[T]):
    """A component under test.

    Attributes:
        make: Builds a new component at each call.
        capabilities: What an orchestrator claims.
        choice: How it is registered, if it is.
    """

    make: Callable[[], T]
    capabilities: Capabilities = field(factory=Capabilities)
    choice: Choice[T] | None = None

    @classmethod
    def named(cls, registry: Registry, kind: Kind, label: str, options: Mapping[str, object]) -> Subject[Any]:
        """Return a registered component. Raises UsageError and PluginError as the registry does."""
        choice: Choice[Any] = registry.choose(kind, label, options)
        return cls(make=choice.build, capabilities=choice.component.capabilities, choice=choice)
