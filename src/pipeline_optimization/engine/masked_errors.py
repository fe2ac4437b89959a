"""Errors as they are told to observers, who write them down and send them elsewhere: without the secrets of URLs in their texts."""

from __future__ import annotations

from attrs import evolve

from pipeline_optimization.masking import masked
from pipeline_optimization.types import ErrorRecord

__all__ = ["masked_error"]


def masked_error(error: ErrorRecord) -> ErrorRecord:
    """Return an error whose message and traceback have no secrets; the same one if they had none."""
    message, traceback = masked(error.message), masked(error.traceback)
    if (message, traceback) == (error.message, error.traceback):
        return error
    return evolve(error, message=message, traceback=traceback)
