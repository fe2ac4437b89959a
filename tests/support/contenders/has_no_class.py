"""Has functions, but no class."""

from __future__ import annotations


def process_text(text: str) -> dict[str, int]:
    return {}
