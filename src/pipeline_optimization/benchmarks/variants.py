"""Variants of contenders: the same orchestrator with other components, or with other options of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from typing import Any

from attrs import evolve, frozen

from pipeline_optimization.anagrams.job import prepare_kernel
from pipeline_optimization.anagrams.plan import choose_kernels
from pipeline_optimization.benchmarks.axes import Axis, Setting, combinations
from pipeline_optimization.benchmarks.contenders import Contender, hash_of
from pipeline_optimization.benchmarks.oracles import Oracles
from pipeline_optimization.benchmarks.reports.printable import printable
from pipeline_optimization.errors import UsageError
from pipeline_optimization.registry import Choice, Kind, Registry
from pipeline_optimization.tasks.retry_settings import RetrySettings

__all__ = ["vary"]

DEFAULTS: Mapping[Kind, str] = {"tokenizer": "exercise", "signature": "letters", "lexicon": "gcide"}


def _say_nothing(_: str) -> None:
    """Leave what takes long unsaid."""


def vary(
    registry: Registry,
    contenders: Sequence[Contender],
    axes: Sequence[Axis],
    *,
    retry: RetrySettings,
    announce: Callable[[str], None] = _say_nothing,
) -> list[Contender]:
    """Return every contender with every combination of the axes' values; without axes, the contenders themselves.

    Each has a name such as ``asyncio retry=fixed``, and an oracle that counts by its components. A file can only be varied
    in its retry policy, which it follows if it calls ``retry_task``.

    Args:
        registry: The installed plugins.
        contenders: Whom to vary.
        axes: What to vary. An axis of the kind ``orchestrator`` has options only.
        retry: The policy of contenders whose policy is not varied. Its options hold for variants of the same policy.
        announce: Is told what takes long, such as that a kernel is compiled.

    Raises:
        UsageError: A name or an option is unknown, or a contender is a file and something else than ``retry`` is varied.
        LexiconError: A lexicon cannot be loaded.
        PluginError: A plugin that is needed is broken.
    """
    if not axes:
        return list(contenders)
    oracles = Oracles()
    variants = [_Variant(registry, settings, retry, oracles, announce) for settings in combinations(axes)]
    return [variant.of(contender) for contender in contenders for variant in variants]


@frozen
class _Variant:
    """One combination of settings."""

    _registry: Registry
    _settings: Sequence[Setting]
    _retry: RetrySettings
    _oracles: Oracles
    _announce: Callable[[str], None]

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
            varied = self._with_components(varied)
            hashes += [hash_of(self._choice(kind).component) for kind in self._varied()]
        name = " ".join([contender.name, *(printable(setting.label) for setting in self._settings)])
        told = {setting.path: printable(setting.value) for setting in self._settings}
        record = evolve(
            contender.record,
            name=name,
            options={**contender.record.options, **told},
            sha256=hashes[0] if len(hashes) == 1 else sha256("".join(hashes).encode()).hexdigest(),
        )
        return evolve(varied, name=name, record=record)

    def _with_components(self, contender: Contender) -> Contender:
        options = {**contender.options, **self._options("orchestrator")}
        try:
            # Some refuse their options only when they are built, and nothing is measured before all is known to be right.
            self._registry.orchestrator(contender.source, options).build()
        except UsageError as error:
            raise UsageError(f"{contender.name} cannot be varied so. {error}") from error
        choices = {kind: self._choice(kind) for kind in DEFAULTS}
        arguments: dict[str, object] = {}
        for kind in self._varied():
            arguments |= {kind: choices[kind].label, f"{kind}_options": self._options(kind)}
        if kernel := self._name("kernel"):
            offers = self._registry.counting_kernels(
                tokenizer=choices["tokenizer"].component.name,
                signature=choices["signature"].component.name,
                lexicon=choices["lexicon"].component.name,
            )
            # Now, so that no contender is timed, or timed out, while its kernel is compiled.
            prepare_kernel(choose_kernels(offers, kernel, 0), self._announce)
            arguments["kernel"] = kernel
        oracle = self._oracles.of(choices["tokenizer"], choices["signature"], choices["lexicon"])
        return evolve(contender, options=options, arguments=arguments, oracle=oracle)

    def _retry_policy(self) -> tuple[RetrySettings, str]:
        """Return the retry policy, checked, and the hash of what makes it."""
        name = self._name("retry") or self._retry.name
        base = dict(self._retry.options) if name == self._retry.name else {}
        options = {**base, **self._options("retry")}
        choice = self._registry.retry_policy(name, options)
        choice.build()
        return RetrySettings(name=name, options=options), hash_of(choice.component)

    def _choice(self, kind: Kind) -> Choice[Any]:
        return self._registry.choose(kind, self._name(kind) or DEFAULTS[kind], self._options(kind))

    def _varied(self) -> list[Kind]:
        return [kind for kind in DEFAULTS if any(setting.kind == kind for setting in self._settings)]

    def _name(self, kind: str) -> str:
        return next((setting.value for setting in self._settings if (setting.kind, setting.key) == (kind, "")), "")

    def _options(self, kind: str) -> dict[str, object]:
        return {setting.key: setting.value for setting in self._settings if setting.kind == kind and setting.key}
