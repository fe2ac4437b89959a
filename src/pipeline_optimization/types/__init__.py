"""What crosses the contract between core and plugins: frozen records and protocols."""

from pipeline_optimization.types.attempts import (
    Attempt,
    Capabilities,
    Completion,
    ErrorRecord,
    OpenContext,
    Orchestrator,
)
from pipeline_optimization.types.components import Component, ComponentOf, KernelOffer, NoOptions, option
from pipeline_optimization.types.counting import ChunkCounts, CountingKernel, FileReader, GroupIndex, Merge
from pipeline_optimization.types.events import (
    CheckpointSaved,
    ItemFinished,
    RunFinished,
    RunStarted,
    TaskFailed,
    TaskRetried,
)
from pipeline_optimization.types.text import Lexicon, RetryPolicy, Signature, Speller, Tokenizer

__all__ = [
    "Attempt",
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
    "RunFinished",
    "RunStarted",
    "Signature",
    "Speller",
    "TaskFailed",
    "TaskRetried",
    "Tokenizer",
    "option",
]
