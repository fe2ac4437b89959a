"""Whether a text is a file's name, which whoever gave it may have meant."""

from __future__ import annotations

import os

__all__ = ["is_file_name"]

MAX_NAME = 4096
"""Characters of the longest path on most systems."""


def is_file_name(text: str) -> bool:
    """Return whether there is a file of that name."""
    return len(text) <= MAX_NAME and os.path.isfile(text)
