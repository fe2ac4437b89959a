"""The orchestrator ``multiprocess``: worker processes, for work that computes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from attrs import frozen

from pipeline_optimization.hookspecs import hookimpl
from pipeline_optimization.types import Capabilities, Component, ComponentOf, Orchestrator, option


@frozen(kw_only=True)
class MultiprocessOptions:
    """The options of ``multiprocess``."""

    workers: int = option(
        0, help="worker processes; 0 means one for each processor that may be used", at_least=0, at_most=1024
    )
    start: Literal["auto", "forkserver", "spawn", "fork"] = option(
        "auto",
        help="how workers start; auto forks a program that has no threads and nothing open, else it is forkserver or spawn",
    )


def make(options: MultiprocessOptions) -> Orchestrator:
    """Build the orchestrator, importing what it needs only now."""
    from anagram_plugin_multiprocess.orchestrator import MultiprocessOrchestrator  # noqa: PLC0415 - only when chosen

    return MultiprocessOrchestrator(options.workers, options.start)


@hookimpl
def anagram_register_orchestrators() -> Sequence[ComponentOf[Orchestrator]]:
    return [
        Component(
            name="multiprocess",
            summary="worker processes: all cores, and a crash costs one attempt",
            factory=make,
            options=MultiprocessOptions,
            capabilities=Capabilities(isolation="process", can_kill=True, is_parallel=True, announces_start=True),
        )
    ]
