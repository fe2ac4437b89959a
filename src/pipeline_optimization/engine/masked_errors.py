"""Removes from errors the secrets that URLs in their texts may have, such as passwords. Observers write errors to files and send them elsewhere.

``masking`` knows texts only, and this knows which texts an error has. Two modules need it: ``announcer`` for errors of attempts, and
``pipeline.run_events`` for the error that ends a run.
"""

from __future__ import annotations

from attrs import evolve

from pipeline_optimization.masking import masked
from pipeline_optimization.types import ErrorRecord

__all__ = ["masked_error"]


def masked_error(error: ErrorRecord) -> ErrorRecord:
    """Return an error with its secrets replaced. If it has none, return the error itself."""
    message, traceback = masked(error.message), masked(error.traceback)
    if (message, traceback) == (error.message, error.traceback):
        return error
    return evolve(error, message=message, traceback=traceback)
