"""Hides secrets in texts that are shown: passwords in URLs, and keys and signatures in their queries."""

from __future__ import annotations

import re

__all__ = ["masked"]

# A number before a slash is a port, and an @ behind it belongs to a path. The bound keeps long texts with many URLs quick.
IN_URL = re.compile(r"(://[^/\s:@]*):(?!\d*/)(?:[^\s/?]{0,2048}@|[^\s@]{0,2048}@)")
IN_QUERY = re.compile(
    r"([?&;][^=&;?\s]*(?:password|signature|sig|credential|token|key|secret))=[^&;\s]*", re.IGNORECASE
)


def masked(text: str) -> str:
    """Return a text with ``***`` for each password in a URL, as in ``postgresql://ann:***@host/shop``, and for each secret in a query.

    A parameter is secret if its name ends with ``password``, ``signature``, ``sig``, ``credential``, ``token``, ``key`` or ``secret``.
    """
    return IN_QUERY.sub(r"\1=***", IN_URL.sub(r"\1:***@", text))
