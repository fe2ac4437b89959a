"""The methods by which figures were obtained, in words, for readers who want to know what a cell means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipeline_optimization.benchmarks.results import NAMESPACE, PipelineRecord, Sample

__all__ = ["describe_methods"]


def describe_methods(samples: Sequence[Sample], pipeline: PipelineRecord | None = None) -> Mapping[str, str]:
    """Return a sentence for each figure, with the methods that were used on this machine. ``pipeline`` is the user's own, if one was run."""
    cpu = ", ".join(sorted({sample.cpu_method for sample in samples if sample.cpu_method})) or "not measured"
    memory = ", ".join(sorted({sample.memory_method for sample in samples if sample.memory_method})) or "not measured"
    found = {
        "runtime": (
            "One process is one value: the median of its correct warm executions, timed by the harness's own clock from "
            "sending the text to having received the whole answer. The mean of these values is shown; the interval is "
            "the exact one of their median."
        ),
        "order": "Every round runs each contender once, in a seeded random order, on the same fresh texts and faults.",
        "success": (
            "The share of cold and warm executions whose counts equal those of an independent oracle. Expected is the share of "
            "executions in which the simulated failures let every stage call succeed in the end."
        ),
        "throughput": "Words of correct warm executions, divided by the time of all warm executions.",
        "memory": (
            f"{memory} of the whole process tree, sampled from outside in rounds of its own; the median over rounds of "
            "the highest sum seen (a lower bound). Growth is from before the first to after the last warm execution."
        ),
        "cpu": f"CPU seconds of the whole process tree by the wall time of the warm executions: {cpu}. 100 % is one core.",
        "isolation": _isolation(samples),
        "startup": (
            "The median of a contender's attribute startup_ms: the part of the time until its workers were "
            "ready. It is part of the runtime, as every text starts them anew."
        ),
        "floor": "The longest chain of simulated waits (filter, split, slowest word), with any number of workers.",
    }
    return found if pipeline is None else {**found, **_OF_PIPELINES}


_OF_PIPELINES: Mapping[str, str] = {
    "runtime": (
        "One process is one value: the median of its correct warm executions, timed by the harness's own clock from "
        "naming or sending the input to having received the whole result. The mean of these values is shown; the interval is "
        "the exact one of their median."
    ),
    "order": "Every round runs each contender once, in a seeded random order, on the same input and faults.",
    "success": (
        "The share of cold and warm executions whose result is that of a sequential run without faults (or what the pipeline's expected() "
        "returns), with the same elements failing for good. Expected is the share of executions in which the simulated failures "
        "let every simulated call succeed in the end."
    ),
    "throughput": "Elements of the input in correct warm executions, divided by the time of all warm executions.",
    "startup": "The median of the part of the time until a run's workers were ready. It is part of the runtime, as every run starts them anew.",
    "floor": "The longest chain of simulated waits of one element, with any number of workers.",
}
"""The sentences that differ if a user's own pipeline was run."""


def _isolation(samples: Sequence[Sample]) -> str:
    """Return how contenders were isolated from each other, and where the isolation was weaker than it can be."""
    kinds = {sample.isolation for sample in samples if sample.isolation}
    if kinds <= {NAMESPACE}:
        return "What a sample writes is seen by no other, whatever path it uses (mount namespaces with overlays)."
    weaker = "; ".join(sorted(kinds - {NAMESPACE}))
    return f"Each sample has a home, temporary and cache directory of its own, but absolute paths are shared: {weaker}."
