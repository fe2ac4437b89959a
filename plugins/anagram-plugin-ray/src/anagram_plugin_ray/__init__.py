"""The orchestrator ``ray``: actors of a Ray cluster, which is started for the run or runs already."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from pipeline_optimization.errors import PluginLoadError
from pipeline_optimization.hookspecs import hookimpl
from pipeline_optimization.types import Capabilities, Component, ComponentOf, Orchestrator, option


@frozen(kw_only=True)
class RayOptions:
    """The options of ``ray``."""

    address: str = option("", help="a running cluster's address, as in 10.0.0.1:6379, or auto; none: a local cluster")
    workers: int = option(
        0, help="worker processes; 0 means one for each processor of the cluster", at_least=0, at_most=65_536
    )
    memory: int = option(
        0,
        help="MiB (or with a unit, as 2GiB) that Ray sets aside for each worker when it places it; 0 is none",
        at_least=0,
        size_unit=1 << 20,
    )


def make(options: RayOptions) -> Orchestrator:
    """Build the orchestrator, importing Ray only now. Raises PluginLoadError if Ray cannot be imported."""
    try:
        from anagram_plugin_ray.orchestrator import RayOrchestrator  # noqa: PLC0415 - only when it is chosen
    except ImportError as error:
        raise PluginLoadError(
            f"The orchestrator 'ray' needs Ray, and importing it failed: {error}. pip install ray", plugin="ray"
        ) from error
    return RayOrchestrator(options)


@hookimpl
def anagram_register_orchestrators() -> Sequence[ComponentOf[Orchestrator]]:
    return [
        Component(
            name="ray",
            summary="a Ray cluster: many machines, or this one",
            factory=make,
            options=RayOptions,
            capabilities=Capabilities(isolation="process", can_kill=True, is_parallel=True, is_distributed=True),
        )
    ]
