"""Facts about exceptions, as plain data."""

from __future__ import annotations

import os
import traceback

from pipeline_optimization.benchmarks.subject.contending import NoContenderError

__all__ = ["facts_of"]

LONGEST = 500


def facts_of(error: BaseException) -> dict[str, object]:
    """Return an exception's type, message and place. It never raises, whatever the exception's own methods do."""
    try:
        message = str(error)[:LONGEST]
    except BaseException:  # noqa: BLE001 - a broken __str__ must not cost the report
        message = "(its message cannot be shown)"
    trace = traceback.extract_tb(error.__traceback__)
    place = f"{os.path.basename(trace[-1].filename)}:{trace[-1].lineno}" if trace else ""
    return {
        "type": type(error).__qualname__,
        "message": message,
        "place": place,
        "is_missing": isinstance(error, NoContenderError),
    }
