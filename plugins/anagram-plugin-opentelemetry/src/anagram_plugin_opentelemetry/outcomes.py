"""How runs and attempts ended, in the words of OpenTelemetry's conventions."""

from __future__ import annotations

from typing import Literal

from pipeline_optimization.types import AttemptEnded, RunFinished, RunStarted

__all__ = ["error_of", "result_of", "run_name"]

Result = Literal["success", "failure", "error", "timeout", "cancellation"]
"""Values of ``cicd.pipeline.result``."""


def run_name(event: RunStarted) -> str:
    """Return the name of a run's span, which all runs of a pipeline share."""
    return f"run {event.name}"


def error_of(event: AttemptEnded) -> str:
    """Return the ``error.type`` of an attempt that failed: a class, or how it ended if no class is known."""
    return event.outcome if event.error is None else event.error.type


def result_of(event: RunFinished) -> tuple[Result, str]:
    """Return how a run ended, and its ``error.type``, empty for a success."""
    if event.is_cancelled:
        return "cancellation", event.stopped
    if event.stopped == "deadline":
        return "timeout", event.stopped
    if event.error is not None:
        return "error", event.error.type
    if event.stopped:
        return "failure", event.stopped
    return ("success", "") if event.is_complete else ("failure", "failed_items")
