"""What crosses the contract between core and plugins: frozen records and protocols."""

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
    from pipeline_optimization.types.events import (
        AttemptEnded,
        CheckpointSaved,
        ItemFinished,
        RunFinished,
        RunStarted,
        TaskFailed,
        TaskRetried,
        TaskTotals,
        WorkerLost,
        WorkerSeen,
    )

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
    "ErrorRecord",
    "FileReader",
    "GroupIndex",
    "ItemFinished",
    "KernelOffer",
    "Lexicon",
    "Merge",
    "NoOptions",
    "OpenContext",
    "Orchestrator",
    "RetryPolicy",
    "Row",
    "RunFinished",
    "RunStarted",
    "RunnablePipeline",
    "Signature",
    "Sink",
    "Speller",
    "TaskFailed",
    "TaskRetried",
    "TaskTotals",
    "Tokenizer",
    "WorkerLost",
    "WorkerSeen",
    "option",
]


def __getattr__(name: str) -> object:
    """Import events on first use: a run makes some only if somebody observes it."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from pipeline_optimization.types import events  # noqa: PLC0415 - 5 ms

    return getattr(events, name)
