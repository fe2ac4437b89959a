"""Who offers which component or kernel, and whose a component is where several claim one name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import pluggy
from attrs import frozen

from pipeline_optimization.error_text import describe_with_place
from pipeline_optimization.errors import PluginLoadError
from pipeline_optimization.foreign_code import ForeignCodeError, call_foreign
from pipeline_optimization.registry.records import Kind, PluginRecord
from pipeline_optimization.types import Component, CountingKernel, GroupIndex, KernelOffer, Tokenizer

__all__ = ["Key", "Offer", "Offers", "kernel_offers"]

Key = tuple[Kind, str]


@frozen
class Offer:
    """A component with the plugin that brings it."""

    provider: PluginRecord
    component: Component[Any, Any]
    is_privileged: bool = False


class Offers:
    """The components of the plugins imported so far.

    The outcome does not depend on the order in which they were: of several claims to a name, the core's and the
    program's own go first, then that of the plugin that is called like its component, and any others are a conflict.
    """

    def __init__(self) -> None:
        self._offers: dict[Key, list[Offer]] = {}

    def add(
        self, provider: PluginRecord, components: Mapping[Key, Component[Any, Any]], *, is_privileged: bool
    ) -> None:
        for key, component in components.items():
            offers = [*self._offers.get(key, []), Offer(provider, component, is_privileged)]
            self._offers[key] = sorted(offers, key=lambda offer: offer.provider.name)

    def remove(self, provider: PluginRecord) -> None:
        kept = {key: [one for one in offers if one.provider != provider] for key, offers in self._offers.items()}
        self._offers = {key: offers for key, offers in kept.items() if offers}

    def of(self, provider: str) -> list[tuple[Kind, Component[Any, Any]]]:
        """Return what the plugin of that name offers."""
        return [
            (key[0], offer.component)
            for key, offers in self._offers.items()
            for offer in offers
            if offer.provider.name == provider
        ]

    def names(self, kind: Kind) -> list[str]:
        return sorted(name for k, name in self._offers if k == kind)

    def claims(self, key: Key) -> list[Offer]:
        """Return the offers with the best claim to a name: one where it is clear whose it is, none if nobody's."""
        offers = self._offers.get(key, [])
        privileged = [offer for offer in offers if offer.is_privileged]
        namesakes = [offer for offer in offers if offer.provider.name == key[1]]
        return privileged[:1] or namesakes or offers

    def problem(self, provider: PluginRecord) -> str:
        """Return which of a plugin's names others claim, and what to do about it; nothing where all is well."""
        return " ".join(
            _conflict(key, offers, self.claims(key))
            for key, offers in sorted(self._offers.items())
            if len(offers) > 1
            and any(offer.provider == provider for offer in offers)
            and [offer.provider for offer in self.claims(key)] != [provider]
        )

    def conflict(self, key: Key) -> str:
        """Return the sentence about a name that several plugins claim alike."""
        return _conflict(key, self._offers[key], self.claims(key))


def _conflict(key: Key, offers: Iterable[Offer], claims: list[Offer]) -> str:
    noun = key[0].replace("_", " ")
    if len(claims) == 1:
        owner = claims[0].provider
        return (
            f"Its {noun} {key[1]!r} is offered by the plugin {owner.name!r} ({owner.provider}) already, which keeps it."
        )
    names = [offer.provider for offer in offers]
    providers = " and ".join(f"{one.name!r} ({one.provider})" for one in names)
    choice = " or ".join(f"--no-plugin {one.name}" for one in names)
    return f"The {noun} {key[1]!r} is offered by the plugins {providers}. Choose with {choice}."


def kernel_offers(hook: pluggy.HookCaller, **combination: str) -> Sequence[KernelOffer]:
    """Return what the plugins offer for a combination, in the order in which pluggy calls them.

    A plugin whose hook fails stands there as an offer under its own name, which cannot be prepared: so it gives way to the next
    one with a warning, and whoever names it is told why.
    """
    offers = []
    for implementation in reversed(hook.get_hookimpls()):
        name = implementation.plugin_name
        arguments = {key: combination[key] for key in implementation.argnames if key in combination}
        try:
            offer: object = call_foreign(implementation.function, **arguments)
        except ForeignCodeError as error:
            offers.append(_broken(name, f"its hook raised {describe_with_place(error.raised)}"))
            continue
        if isinstance(offer, KernelOffer):
            offers.append(offer)
        elif offer is not None:
            offers.append(_broken(name, f"it offered {offer!r}, which is no KernelOffer"))
    return offers


def _broken(name: str, problem: str) -> KernelOffer:
    def make(index: GroupIndex, tokenizer: Tokenizer) -> CountingKernel:
        raise PluginLoadError(problem, plugin=name)

    def prepare(announce: Callable[[str], Any]) -> None:
        raise PluginLoadError(problem, plugin=name)

    return KernelOffer(name=name, summary=problem, factory=make, prepare=prepare)
