"""The form of a URL.

This is apart from ``url``, which reads URLs: everything that takes names of files must tell them from URLs, and most runs read no URL.
"""

from __future__ import annotations

import re

__all__ = ["SCHEME", "is_url"]

SCHEME = re.compile(r"(?P<schemes>[A-Za-z][\w+.-]*(?:::[A-Za-z][\w+.-]*)*)://")


def is_url(text: str) -> bool:
    """Return whether ``text`` starts with ``scheme://``, or with fsspec's chained ``scheme::scheme://``."""
    # The quick test is first, because there may be very many names, and few are URLs.
    return "://" in text and SCHEME.match(text) is not None
