"""Variants of contenders: the same orchestrator with other components or other options."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Protocol

from attrs import evolve, frozen

from pipeline_optimization.benchmarks.axes import Axis, Setting, combinations
from pipeline_optimization.benchmarks.contenders import Contender, hash_of
from pipeline_optimization.errors import UsageError
from pipeline_optimization.printable import printable
from pipeline_optimization.registry import Registry
from pipeline_optimization.tasks.retry_settings import RetrySettings

__all__ = ["ComponentAxes", "name_of", "options_of", "vary"]


class ComponentAxes(Protocol):
    """Varies what belongs to the work of a comparison: any axis except orchestrators and retry policies."""

    def of(self, contender: Contender, settings: Sequence[Setting]) -> tuple[Contender, Sequence[str]]:
        """Return a plugin's contender with the settings that belong to the work, and the hashes of the modules that make them.

        Raises UsageError for unknown names and options, and for axes that the work does not know.
        """
        ...


def vary(
    registry: Registry,
    contenders: Sequence[Contender],
    axes: Sequence[Axis],
    *,
    retry: RetrySettings,
    components: ComponentAxes,
) -> list[Contender]:
    """Return every contender with every combination of the axes' values. Without axes, return the contenders.

    Each variant has a name such as ``asyncio retry=fixed``. Of a file only the retry policy can be varied. The file follows it if it calls
    ``retry_task``.

    Args:
        registry: The installed plugins.
        contenders: The contenders to vary.
        axes: What to vary. An axis of the kind ``orchestrator`` has options only.
        retry: The policy of contenders whose policy is not varied. Its options also apply to variants of the same policy.
        components: Varies what belongs to the work of the comparison.

    Raises:
        UsageError: If a name or an option is unknown, or if something other than ``retry`` is varied and a contender is a file.
        LexiconError: If a lexicon cannot be loaded.
        PluginError: If a plugin that is needed is broken.
    """
    if not axes:
        return list(contenders)
    variants = [_Variant(registry, settings, retry, components) for settings in combinations(axes)]
    return [variant.of(contender) for contender in contenders for variant in variants]


def name_of(settings: Sequence[Setting], kind: str) -> str:
    """Return the name of a kind's component in the settings, or an empty text."""
    return next((setting.value for setting in settings if (setting.kind, setting.key) == (kind, "")), "")


def options_of(settings: Sequence[Setting], kind: str) -> Mapping[str, object]:
    """Return the options of a kind's component in the settings."""
    return {setting.key: setting.value for setting in settings if setting.kind == kind and setting.key}


@frozen
class _Variant:
    """One combination of settings."""

    _registry: Registry
    _settings: Sequence[Setting]
    _retry: RetrySettings
    _components: ComponentAxes

    def of(self, contender: Contender) -> Contender:
        """Return the contender with these settings."""
        others = [kind for kind in dict.fromkeys(setting.kind for setting in self._settings) if kind != "retry"]
        if contender.kind == "file" and others:
            raise UsageError(
                f"--vary {', '.join(others)}: {contender.name!r} is a file, which chooses its components itself. Name "
                "installed orchestrators only."
            )
        varied, hashes = contender, [contender.record.sha256]
        if any(setting.kind == "retry" for setting in self._settings):
            settings, component_hash = self._retry_policy()
            varied = evolve(varied, retry=settings)
            hashes.append(component_hash)
        if contender.kind == "plugin":
            varied, more = self._components.of(self._with_options(varied), self._settings)
            hashes += more
        name = " ".join([contender.name, *(printable(setting.label) for setting in self._settings)])
        told = {setting.path: printable(setting.value) for setting in self._settings}
        record = evolve(
            contender.record,
            name=name,
            options={**contender.record.options, **told},
            sha256=hashes[0] if len(hashes) == 1 else sha256("".join(hashes).encode()).hexdigest(),
        )
        return evolve(varied, name=name, record=record)

    def _with_options(self, contender: Contender) -> Contender:
        options = {**contender.options, **options_of(self._settings, "orchestrator")}
        try:
            # Some orchestrators refuse their options only when they are built. All must be known to be right before anything is measured.
            self._registry.orchestrator(contender.source, options).build()
        except UsageError as error:
            raise UsageError(f"{contender.name} cannot be varied in this way. {error}") from error
        return evolve(contender, options=options)

    def _retry_policy(self) -> tuple[RetrySettings, str]:
        """Return the retry policy, checked, and the hash of the module that makes it."""
        name = name_of(self._settings, "retry") or self._retry.name
        base = dict(self._retry.options) if name == self._retry.name else {}
        options = {**base, **options_of(self._settings, "retry")}
        choice = self._registry.retry_policy(name, options)
        choice.build()
        return RetrySettings(name=name, options=options), hash_of(choice.component)
