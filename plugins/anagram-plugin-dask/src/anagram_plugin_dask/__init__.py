"""The orchestrator ``dask``: workers of a Dask cluster, which is started for the run or runs already."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from pipeline_optimization.errors import PluginLoadError
from pipeline_optimization.hookspecs import hookimpl
from pipeline_optimization.types import Capabilities, Component, ComponentOf, Orchestrator, option


@frozen(kw_only=True)
class DaskOptions:
    """The options of ``dask``. All but ``address`` are for a local cluster."""

    address: str = option("", help="a running scheduler's address, as in tcp://10.0.0.1:8786; none: a local cluster")
    workers: int = option(
        0, help="worker processes; 0 means one for each processor that may be used", at_least=0, at_most=65_536
    )
    threads: int = option(
        1, help="threads of each worker; they pay where the kernel is compiled", at_least=1, at_most=1024
    )
    memory_limit: int = option(
        0,
        help="MiB (or with a unit, as 2GiB) that a worker may take before it is ended; 0 sets no limit",
        at_least=0,
        size_unit=1 << 20,
    )


def make(options: DaskOptions) -> Orchestrator:
    """Build the orchestrator, importing Dask only now. Raises PluginLoadError if Dask cannot be imported."""
    try:
        from anagram_plugin_dask.orchestrator import DaskOrchestrator  # noqa: PLC0415 - only when it is chosen
    except ImportError as error:
        raise PluginLoadError(
            f"The orchestrator 'dask' needs Dask's scheduler, and importing it failed: {error}. pip install distributed",
            plugin="dask",
        ) from error
    return DaskOrchestrator(options)


@hookimpl
def anagram_register_orchestrators() -> Sequence[ComponentOf[Orchestrator]]:
    return [
        Component(
            name="dask",
            summary="a Dask cluster: many machines, or this one",
            factory=make,
            options=DaskOptions,
            capabilities=Capabilities(
                isolation="process", can_kill=False, exact_blame=False, is_parallel=True, is_distributed=True
            ),
        )
    ]
