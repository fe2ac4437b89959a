"""What a URL looks like.

This is apart from ``url``, which reads URLs: whatever takes names of files has to tell them from URLs, and most runs read no URL.
"""

from __future__ import annotations

import re

__all__ = ["SCHEME", "is_url"]

SCHEME = re.compile(r"(?P<schemes>[A-Za-z][\w+.-]*(?:::[A-Za-z][\w+.-]*)*)://")


def is_url(text: str) -> bool:
    """Tell whether ``text`` starts with ``scheme://`` (or fsspec's chained ``scheme::scheme://``)."""
    return "://" in text and SCHEME.match(text) is not None  # most names have none, and there may be many
