"""The orchestrator ``hedged``: another orchestrator, and a second copy of attempts that are unusually slow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from attrs import frozen

from pipeline_optimization.hookspecs import hookimpl
from pipeline_optimization.types import Component, Orchestrator, option


@frozen(kw_only=True)
class HedgedOptions:
    """The options of ``hedged``."""

    inner: str = option("asyncio", help="the orchestrator that runs the attempts")
    inner_options: str = option("", help="its options, as in workers=8,start=spawn")
    quantile: float = option(
        0.95, help="an attempt slower than this share of its task's gets a second copy", at_least=0
    )
    slack: float = option(1.25, help="how many times that latency it must have taken", at_least=1)
    share: float = option(0.05, help="second copies for each attempt, at most", at_least=0)
    samples: int = option(20, help="attempts of a task to have seen before any of it is hedged", at_least=1)


def make(options: HedgedOptions) -> Orchestrator:
    """Build the orchestrator and the one that it stands before, importing what it needs only now."""
    from anagram_plugin_hedged.building import build  # noqa: PLC0415 - only when it is chosen

    return build(options)


@hookimpl
def anagram_register_orchestrators() -> Sequence[Component[Any, Orchestrator]]:
    return [
        Component(
            name="hedged",
            summary="another orchestrator, and a second copy of attempts that are slower than most",
            factory=make,
            options=HedgedOptions,
        )
    ]
