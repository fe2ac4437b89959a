"""The types of the contract between core and plugins: frozen records and protocols."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_optimization.types.attempts import (
    Attempt,
    Capabilities,
    Completion,
    ErrorRecord,
    OpenContext,
    Orchestrator,
)
from pipeline_optimization.types.components import (
    Component,
    ComponentOf,
    KernelOffer,
    NoOptions,
    RunnablePipeline,
    option,
)
from pipeline_optimization.types.counting import ChunkCounts, CountingKernel, FileReader, GroupIndex, Merge
from pipeline_optimization.types.sinks import Row, Sink
from pipeline_optimization.types.text import Lexicon, RetryPolicy, Signature, Speller, Tokenizer

if TYPE_CHECKING:
    from pipeline_optimization.types.durations import Durations, LogNormal, Quantiles
    from pipeline_optimization.types.events import (
        AttemptEnded,
        CheckpointSaved,
        ItemFinished,
        RunFinished,
        RunStarted,
        TaskFailed,
        TaskLogged,
        TaskRetried,
        TaskTotals,
        WorkerLost,
        WorkerSeen,
    )
    from pipeline_optimization.types.fault_profiles import FaultProfile, TaskProfile
    from pipeline_optimization.types.step_time import StepTime
    from pipeline_optimization.types.task_quota import TaskQuota
    from pipeline_optimization.types.time_account import TimeAccount

__all__ = [
    "Attempt",
    "AttemptEnded",
    "Capabilities",
    "CheckpointSaved",
    "ChunkCounts",
    "Completion",
    "Component",
    "ComponentOf",
    "CountingKernel",
    "Durations",
    "ErrorRecord",
    "FaultProfile",
    "FileReader",
    "GroupIndex",
    "ItemFinished",
    "KernelOffer",
    "Lexicon",
    "LogNormal",
    "Merge",
    "NoOptions",
    "OpenContext",
    "Orchestrator",
    "Quantiles",
    "RetryPolicy",
    "Row",
    "RunFinished",
    "RunStarted",
    "RunnablePipeline",
    "Signature",
    "Sink",
    "Speller",
    "StepTime",
    "TaskFailed",
    "TaskLogged",
    "TaskProfile",
    "TaskQuota",
    "TaskRetried",
    "TaskTotals",
    "TimeAccount",
    "Tokenizer",
    "WorkerLost",
    "WorkerSeen",
    "option",
]


_HOME = {
    "Durations": "durations",
    "FaultProfile": "fault_profiles",
    "LogNormal": "durations",
    "Quantiles": "durations",
    "StepTime": "step_time",
    "TaskProfile": "fault_profiles",
    "TaskQuota": "task_quota",
    "TimeAccount": "time_account",
}
"""The modules of names that few runs need. All other names that are not imported here are names of events."""


def __getattr__(name: str) -> object:
    """Import events and fault profiles on first use: a run makes some only if somebody observes it, or simulates faults."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415 - see above

    return getattr(import_module(f"{__name__}.{_HOME.get(name, 'events')}"), name)
