"""Tells observers what happens, in the parent process; one that raises is reported once and switched off."""

from __future__ import annotations

from collections.abc import Callable

from pipeline_optimization.error_text import describe_with_place
from pipeline_optimization.foreign_code import ForeignCodeError, call_foreign, speaking
from pipeline_optimization.registry import Registry
from pipeline_optimization.types import CheckpointSaved, ItemFinished, RunFinished, RunStarted, TaskFailed, TaskRetried

__all__ = ["Observing", "RunEvent"]

RunEvent = RunStarted | TaskFailed | TaskRetried | ItemFinished | CheckpointSaved | RunFinished

HOOK_OF: dict[type[object], str] = {
    RunStarted: "anagram_run_started",
    TaskFailed: "anagram_task_failed",
    TaskRetried: "anagram_task_retried",
    ItemFinished: "anagram_item_finished",
    CheckpointSaved: "anagram_checkpoint_saved",
    RunFinished: "anagram_run_finished",
}


class Observing:
    """Hands events to the observer hooks of a registry's plugins. ``warnings`` holds what went wrong."""

    def __init__(self, registry: Registry) -> None:
        self._callers: dict[type[object], list[tuple[str, Callable[..., object]]]] = {
            kind: registry.observers(hook) for kind, hook in HOOK_OF.items()
        }
        self._broken: set[str] = set()
        self.warnings = [
            f"The plugin {record.name!r} ({record.provider}) cannot be used, so it observes nothing. {record.error}"
            for record in registry.broken_observers()
        ]

    def emit(self, event: RunEvent) -> None:
        for plugin, caller in self._callers[type(event)]:
            if plugin in self._broken:
                continue
            try:
                with speaking(plugin):
                    call_foreign(caller, event=event)
            except ForeignCodeError as error:  # an observer must not change a run
                self._broken.add(plugin)
                self.warnings.append(
                    f"The observer {plugin!r} raised in {HOOK_OF[type(event)]}: {describe_with_place(error.raised)}. It is "
                    "switched off for this run."
                )
