"""The orchestrator ``spark``: tasks of a Spark cluster, which is started for the run or runs already."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from pipeline_optimization.errors import PluginLoadError
from pipeline_optimization.hookspecs import hookimpl
from pipeline_optimization.types import Capabilities, Component, ComponentOf, Orchestrator, option


@frozen(kw_only=True)
class SparkOptions:
    """The options of ``spark``."""

    address: str = option("", help="a master, as in spark://10.0.0.1:7077; none: threads of a JVM on this machine")
    workers: int = option(
        0,
        help="tasks that run at once; 0 means one for each processor, or all of a cluster",
        at_least=0,
        at_most=65_536,
    )
    memory_limit: int = option(
        0,
        help="MiB (or with a unit, as 2GiB) that each Python worker may take; 0 sets no limit",
        at_least=0,
        size_unit=1 << 20,
    )


def make(options: SparkOptions) -> Orchestrator:
    """Build the orchestrator, importing Spark only now. Raises PluginLoadError if Spark cannot be imported."""
    try:
        from anagram_plugin_spark.orchestrator import SparkOrchestrator  # noqa: PLC0415 - only when it is chosen
    except ImportError as error:
        raise PluginLoadError(
            f"The orchestrator 'spark' needs PySpark, and importing it failed: {error}. pip install pyspark",
            plugin="spark",
        ) from error
    return SparkOrchestrator(options)


@hookimpl
def anagram_register_orchestrators() -> Sequence[ComponentOf[Orchestrator]]:
    return [
        Component(
            name="spark",
            summary="a Spark cluster: many machines, or this one; needs Java",
            factory=make,
            options=SparkOptions,
            capabilities=Capabilities(isolation="process", can_kill=False, is_parallel=True, is_distributed=True),
        )
    ]
