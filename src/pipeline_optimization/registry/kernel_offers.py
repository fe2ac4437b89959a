"""Asks plugins for counting kernels, so that one whose hook fails disturbs nobody."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pluggy

from pipeline_optimization.error_text import describe_with_place
from pipeline_optimization.errors import PluginLoadError
from pipeline_optimization.foreign_code import ForeignCodeError, call_foreign
from pipeline_optimization.types import CountingKernel, GroupIndex, KernelOffer, Tokenizer

__all__ = ["kernel_offers"]


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
