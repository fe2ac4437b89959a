"""Tells observers what happens, in the parent process; one that raises is reported once and switched off."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from pipeline_optimization.error_text import describe_with_place
from pipeline_optimization.foreign_code import ForeignCodeError, call_foreign, speaking
from pipeline_optimization.kinds import OBSERVER_HOOKS
from pipeline_optimization.registry import Registry

if TYPE_CHECKING:
    from pipeline_optimization.types.events import RunEvent

__all__ = ["Observing"]


class Observing:
    """Hands events to the observer hooks of a registry's plugins. ``warnings`` holds what went wrong."""

    def __init__(self, registry: Registry) -> None:
        self._callers: dict[str, list[tuple[str, Callable[..., object]]]] = {
            kind: registry.observers(hook) for kind, hook in OBSERVER_HOOKS.items()
        }
        self._broken: set[str] = set()
        self.warnings = [
            f"The plugin {record.name!r} ({record.provider}) cannot be used, so it observes nothing. {record.error}"
            for record in registry.broken_observers()
        ]

    @property
    def heard(self) -> frozenset[str]:
        """Return the names of the events that anybody wants. No others need be made."""
        return frozenset(kind for kind, callers in self._callers.items() if callers)

    @property
    def is_heard(self) -> bool:
        """Return whether anybody observes the run."""
        return bool(self.heard)

    def emit(self, event: RunEvent) -> None:
        for plugin, caller in self._callers[type(event).__name__]:
            if plugin in self._broken:
                continue
            try:
                with speaking(plugin):
                    call_foreign(caller, event=event)
            except ForeignCodeError as error:  # an observer must not change a run
                self._broken.add(plugin)
                self.warnings.append(
                    f"The observer {plugin!r} raised in {OBSERVER_HOOKS[type(event).__name__]}: {describe_with_place(error.raised)}. It is "
                    "switched off for this run."
                )
