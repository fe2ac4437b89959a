"""Count the dictionary anagrams of a text's words, or run your own pipeline, with any orchestrator.

>>> from pipeline_optimization import count_anagrams
>>> count_anagrams("cat").anagram_counts
{'act': 1, 'cat': 1, 'tac': 1}
"""

from __future__ import annotations

TYPE_CHECKING = False  # for type checkers it is true; importing ``typing`` takes as long as Python's own start
if TYPE_CHECKING:
    from pipeline_optimization.anagrams.report import RunReport
    from pipeline_optimization.api import count_anagrams
    from pipeline_optimization.asynchronous import count_anagrams_async
    from pipeline_optimization.engine.limits import Limits
    from pipeline_optimization.errors import RetryAfter
    from pipeline_optimization.pipeline.model.report import PipelineReport
    from pipeline_optimization.pipeline.model.steps import CompletePipeline, Pipeline
    from pipeline_optimization.registry import Registry
    from pipeline_optimization.running import run, run_async
    from pipeline_optimization.tasks.resource import Resource
    from pipeline_optimization.tasks.task_decorator import task

__all__ = [
    "CompletePipeline",
    "Limits",
    "Pipeline",
    "PipelineReport",
    "Registry",
    "Resource",
    "RetryAfter",
    "RunReport",
    "__version__",
    "count_anagrams",
    "count_anagrams_async",
    "run",
    "run_async",
    "task",
]

__version__ = "0.1.0"

_HOME = {
    "CompletePipeline": "pipeline_optimization.pipeline.model.steps",
    "Limits": "pipeline_optimization.engine.limits",
    "Pipeline": "pipeline_optimization.pipeline.model.steps",
    "PipelineReport": "pipeline_optimization.pipeline.model.report",
    "Registry": "pipeline_optimization.registry",
    "Resource": "pipeline_optimization.tasks.resource",
    "RetryAfter": "pipeline_optimization.errors",
    "RunReport": "pipeline_optimization.anagrams.report",
    "count_anagrams": "pipeline_optimization.api",
    "count_anagrams_async": "pipeline_optimization.asynchronous",
    "run": "pipeline_optimization.running",
    "run_async": "pipeline_optimization.running",
    "task": "pipeline_optimization.tasks.task_decorator",
}


def __getattr__(name: str) -> object:
    """Import a public name when it is first used, because plugins and workers import this package too and need little of it."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import gc  # noqa: PLC0415 - see above
    from importlib import import_module  # noqa: PLC0415 - see above

    # Modules are not garbage. The collector would look through them while they are imported, which takes a tenth of a small run.
    is_collecting = gc.isenabled()
    gc.disable()
    try:
        return getattr(import_module(_HOME[name]), name)
    finally:
        if is_collecting:
            gc.enable()
