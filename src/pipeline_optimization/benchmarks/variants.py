"""Variants of contenders: the same orchestrator with other components, or with other options of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Protocol

from attrs import evolve, frozen

from pipeline_optimization.benchmarks.axes import Axis, Setting, combinations
from pipeline_optimization.benchmarks.contenders import Contender, hash_of
from pipeline_optimization.benchmarks.reports.printable import printable
from pipeline_optimization.errors import UsageError
from pipeline_optimization.registry import Registry
from pipeline_optimization.tasks.retry_settings import RetrySettings

__all__ = ["ComponentAxes", "name_of", "options_of", "vary"]


class ComponentAxes(Protocol):
    """Varies what belongs to the work of a comparison: any axis but those of orchestrators and retry policies."""

    def of(self, contender: Contender, settings: Sequence[Setting]) -> tuple[Contender, Sequence[str]]:
        """Return a plugin's contender with the settings that are the work's, and the hashes of what makes these.

        Raises UsageError for names and options that are wrong, and for axes that the work does not know.
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
    """Return every contender with every combination of the axes' values; without axes, the contenders themselves.

    Each has a name such as ``asyncio retry=fixed``. A file can only be varied in its retry policy, which it follows if it calls
    ``retry_task``.

    Args:
        registry: The installed plugins.
        contenders: Whom to vary.
        axes: What to vary. An axis of the kind ``orchestrator`` has options only.
        retry: The policy of contenders whose policy is not varied. Its options hold for variants of the same policy.
        components: Varies what belongs to the work of the comparison.

    Raises:
        UsageError: A name or an option is unknown, or a contender is a file and something else than ``retry`` is varied.
        LexiconError: A lexicon cannot be loaded.
        PluginError: A plugin that is needed is broken.
    """
    if not axes:
        return list(contenders)
    variants = [_Variant(registry, settings, retry, components) for settings in combinations(axes)]
    return [variant.of(contender) for contender in contenders for variant in variants]


def name_of(settings: Sequence[Setting], kind: str) -> str:
    """Return the component of a kind that settings name, or an empty text."""
    return next((setting.value for setting in settings if (setting.kind, setting.key) == (kind, "")), "")


def options_of(settings: Sequence[Setting], kind: str) -> Mapping[str, object]:
    """Return the options of a kind's component that settings have."""
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
            # Some refuse their options only when they are built, and nothing is measured before all is known to be right.
            self._registry.orchestrator(contender.source, options).build()
        except UsageError as error:
            raise UsageError(f"{contender.name} cannot be varied so. {error}") from error
        return evolve(contender, options=options)

    def _retry_policy(self) -> tuple[RetrySettings, str]:
        """Return the retry policy, checked, and the hash of what makes it."""
        name = name_of(self._settings, "retry") or self._retry.name
        base = dict(self._retry.options) if name == self._retry.name else {}
        options = {**base, **options_of(self._settings, "retry")}
        choice = self._registry.retry_policy(name, options)
        choice.build()
        return RetrySettings(name=name, options=options), hash_of(choice.component)
