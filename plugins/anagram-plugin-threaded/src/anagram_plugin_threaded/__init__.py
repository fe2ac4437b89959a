"""The orchestrator ``threaded``: a pool of threads, for work that waits."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from pipeline_optimization.hookspecs import hookimpl
from pipeline_optimization.types import Capabilities, Component, ComponentOf, Orchestrator, option


@frozen(kw_only=True)
class ThreadedOptions:
    """The options of ``threaded``."""

    workers: int = option(8, help="threads, each running one attempt at a time", at_least=1, at_most=1024)


def make(options: ThreadedOptions) -> Orchestrator:
    """Build the orchestrator, importing what it needs only now."""
    from anagram_plugin_threaded.orchestrator import ThreadedOrchestrator  # noqa: PLC0415 - only when it is chosen

    return ThreadedOrchestrator(options.workers)


@hookimpl
def anagram_register_orchestrators() -> Sequence[ComponentOf[Orchestrator]]:
    return [
        Component(
            name="threaded",
            summary="a pool of threads: overlaps waiting, not computing",
            factory=make,
            options=ThreadedOptions,
            capabilities=Capabilities(isolation="none", announces_start=True),
        )
    ]
