"""How wide output may be.

These few lines are apart from ``console``, which imports rich: ``live_region`` and ``watch`` need the width, and not rich.
"""

from __future__ import annotations

import os

__all__ = ["PIPE_WIDTH", "wanted_columns"]

PIPE_WIDTH = 160
"""The width if the output is no terminal, which would have a width of its own, and ``COLUMNS`` gives none."""


def wanted_columns() -> int | None:
    """Return the width that the environment variable ``COLUMNS`` asks for, None if it asks for none."""
    columns = os.environ.get("COLUMNS", "")
    return int(columns) or None if columns.isdecimal() else None
