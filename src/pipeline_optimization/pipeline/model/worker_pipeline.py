"""A pipeline as workers get it, and the stages that they make of it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from pipeline_optimization.engine.worker import DESCRIBE_WORKER, Stage
from pipeline_optimization.installed import origin_of
from pipeline_optimization.pipeline.model.bundles import build_stages
from pipeline_optimization.pipeline.model.codec import Codec
from pipeline_optimization.pipeline.model.ends import functions_of
from pipeline_optimization.pipeline.model.packing import ByValue, Packable, unpack
from pipeline_optimization.pipeline.model.process_state import working_directory
from pipeline_optimization.pipeline.model.steps import innermost
from pipeline_optimization.pipeline.model.time_slice import QUANTUM

if TYPE_CHECKING:
    from pipeline_optimization.pipeline.model.caching import Plans

__all__ = ["WorkerPipeline", "build_pipeline"]


@frozen(eq=False)
class WorkerPipeline:
    """A pipeline for workers, with all that they need to run it.

    Attributes:
        pipeline: The pipeline, or what a worker makes it of.
        alone: The steps that elements enter one by one.
        codec: Encodes elements between steps.
        totals: Encodes what ends add up that have no codec of their own.
        caches: The caches of the steps that have one.
        is_timed: Whether the run limits the time of an item.
        at_once: How many elements a worker awaits in an event loop of its own.
        quantum: Seconds after which a worker gives the rest of a bundle back.
        home: The working directory of the parent, to which names of files are relative.
    """

    pipeline: Packable
    alone: frozenset[int]
    codec: Codec
    totals: Codec
    caches: Plans
    is_timed: bool = False
    at_once: int = 1
    quantum: float = QUANTUM
    home: str = field(factory=working_directory)


def build_pipeline(packed: Any) -> Mapping[str, Stage]:
    """Return the stages of a pipeline by task name, in a worker."""
    pipeline = unpack(packed.pipeline)
    functions = {step.name: step.plain for step in pipeline.steps} | dict(functions_of(pipeline.end))
    imported = {} if isinstance(packed.pipeline, ByValue) else functions
    stages = build_stages(
        pipeline,
        packed.alone,
        packed.codec,
        packed.home,
        caches=packed.caches,
        totals=packed.totals,
        is_timed=packed.is_timed,
        at_once=packed.at_once,
        quantum=packed.quantum,
    )
    return {DESCRIBE_WORKER: partial(_describe, imported), **stages}


def _describe(functions: Mapping[str, Callable[..., Any]], data: bytes) -> bytes:
    """Return the facts in which all processes of a run must agree: the versions that are installed, and the modules of its functions."""
    from pipeline_optimization.engine.handshake import encode_facts  # noqa: PLC0415 - for clusters only

    origins = {name: origin_of(innermost(function)) for name, function in functions.items()}
    own = {name: origin for name, origin in origins.items() if origin.partition(".")[0] not in sys.stdlib_module_names}
    return encode_facts({f"the code of {name}": origin for name, origin in own.items()})
