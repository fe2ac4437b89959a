"""Sizes in bytes as people write them."""

from __future__ import annotations

import re

__all__ = ["SIZE_HELP", "parse_size"]

SIZE_HELP = "such as 1MiB (1M), 1MB (1,000,000) or 1048576"

_FORM = re.compile(r"(\d+(?:\.\d+)?|\.\d+)\s*([kmgt]?)(i?b?)", re.IGNORECASE | re.ASCII)
_POWERS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}


def parse_size(text: str) -> int:
    """Return the bytes of ``4194304``, ``4M``, ``4MiB`` (both 4 * 1024 * 1024) or ``4MB`` (4,000,000), in upper or lower case.

    Raises ValueError if the text is no size.
    """
    match = _FORM.fullmatch(text.strip())
    if match is None or (match[3].lower() in {"i", "ib"} and not match[2]) or match[3].lower() == "i":
        raise ValueError(f"{text!r} is no size; write a number of bytes, or one with a unit, {SIZE_HELP}")
    base = 1000 if match[3].lower() == "b" else 1024
    return int(float(match[1]) * base ** _POWERS[match[2].lower()]) if match[2] or "." in match[1] else int(match[1])
