"""What is secret in texts that are told again: passwords in URLs."""

from __future__ import annotations

import re

__all__ = ["masked"]

# A number before a slash is a port, and an @ behind it is part of a path.
IN_URL = re.compile(r"(://[^/\s:@]*):(?!\d*/)(?:[^\s/?]*@|[^\s@]*@)")
IN_QUERY = re.compile(r"([?&;][^=&\s]*password)=[^&;\s]*", re.IGNORECASE)


def masked(text: str) -> str:
    """Return a text with ``***`` for each password of a URL in it: ``postgresql://ann:***@host/shop``."""
    return IN_QUERY.sub(r"\1=***", IN_URL.sub(r"\1:***@", text))
