"""The orchestrator ``asyncio``: one event loop, thousands of attempts that wait."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from pipeline_optimization.hookspecs import hookimpl
from pipeline_optimization.types import Capabilities, Component, ComponentOf, Orchestrator, option


@frozen(kw_only=True)
class AsyncioOptions:
    """The options of ``asyncio``."""

    concurrency: int = option(1000, help="calls that may wait at once; 0 means no limit", at_least=0, at_most=1_000_000)


def make(options: AsyncioOptions) -> Orchestrator:
    """Build the orchestrator, importing what it needs only now."""
    from anagram_plugin_asyncio.orchestrator import AsyncioOrchestrator  # noqa: PLC0415 - only when it is chosen

    return AsyncioOrchestrator(options.concurrency)


@hookimpl
def anagram_register_orchestrators() -> Sequence[ComponentOf[Orchestrator]]:
    return [
        Component(
            name="asyncio",
            summary="one event loop: overlaps any number of waits, in one thread",
            factory=make,
            options=AsyncioOptions,
            capabilities=Capabilities(announces_start=True, runs_in_caller=True, has_event_loop=True),
        )
    ]
