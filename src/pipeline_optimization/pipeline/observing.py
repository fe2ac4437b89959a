"""Tells observers what happens, in the parent process. An observer that raises is reported once and switched off."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from pipeline_optimization.error_text import describe_with_place
from pipeline_optimization.errors import UsageError
from pipeline_optimization.foreign_code import ForeignCodeError, call_foreign, speaking
from pipeline_optimization.kinds import OBSERVER_HOOKS
from pipeline_optimization.pipeline.plan import RunPlan
from pipeline_optimization.registry import Registry
from pipeline_optimization.sources import Source, checkpoint_files, first_same, overwritten

if TYPE_CHECKING:
    from pipeline_optimization.observing.writer import EventsWriter
    from pipeline_optimization.pipeline.absent import SilentLogs
    from pipeline_optimization.pipeline.logs.run_logs import RunLogs
    from pipeline_optimization.types.events import RunEvent

__all__ = ["Observing", "observing_of"]


def observing_of(
    plan: RunPlan[Any], sources: Sequence[Source], registry: Registry, logs: RunLogs | SilentLogs
) -> Observing:
    """Return where the events of a run go. Raises UsageError if their file cannot be written, or would replace an input."""
    path = plan.options.events
    if path is None:
        return Observing(registry, logs)
    from pipeline_optimization.observing.writer import EventsWriter  # noqa: PLC0415 - for runs that write events

    if first_same([path], checkpoint_files(plan.options.checkpoint)) is not None:
        raise UsageError(f"The checkpoint cannot take the events too: {path!r}. Name another --events.")
    if overwritten([path], sources, plan.job.files):
        raise UsageError(f"The events would take the place of an input: {path!r}. Name another --events.")
    return Observing(registry, logs, EventsWriter(path, plan.options.events_limit))


class Observing:
    """Hands events to the run's logs, to the writer of events, and to the observer hooks of plugins.

    Attributes:
        emit: Takes an event.
        tick: Does what is due between two steps of the run.
        warnings: What went wrong, for people.
    """

    def __init__(self, registry: Registry, logs: RunLogs | SilentLogs, writer: EventsWriter | None = None) -> None:
        self._callers: dict[str, list[tuple[str, Callable[..., object]]]] = {
            kind: registry.observers(hook) for kind, hook in OBSERVER_HOOKS.items()
        }
        self._writer = writer
        self._takers: dict[str, list[Callable[[RunEvent], None]]] = {kind: [] for kind in OBSERVER_HOOKS}
        for kind, takers in self._takers.items():
            if kind in logs.heard:
                takers.append(logs.accept)
            if writer is not None and kind in writer.heard:
                takers.append(writer.accept)
            if self._callers[kind]:
                takers.append(self._tell_plugins)
        self.emit: Callable[[RunEvent], None] = self._tell
        self.tick: Callable[[], None] = lambda: None
        if writer is not None:
            self.tick = writer.tick
            if not logs.heard and not any(self._callers.values()):
                self.emit = writer.accept
        self._broken: set[str] = set()
        self.warnings = [
            f"The plugin {record.name!r} ({record.provider}) cannot be used, so it observes nothing. {record.error}"
            for record in registry.broken_observers()
        ]

    @property
    def heard(self) -> frozenset[str]:
        """Return the names of the events that are wanted. No other events need to be made."""
        return frozenset(kind for kind, takers in self._takers.items() if takers)

    @property
    def is_heard(self) -> bool:
        """Return whether any event is wanted."""
        return bool(self.heard)

    def close(self) -> None:
        """Write the events that are not written yet."""
        if self._writer is not None:
            self.warnings += self._writer.close()

    def _tell(self, event: RunEvent) -> None:
        for take in self._takers[type(event).__name__]:
            take(event)

    def _tell_plugins(self, event: RunEvent) -> None:
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
