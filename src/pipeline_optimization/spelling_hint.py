"""A hint for a mistyped name."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["did_you_mean"]


def did_you_mean(name: str, known: Sequence[str]) -> str:
    """Return a question about the most similar known name, with a space before it, or an empty text if none is similar."""
    from difflib import get_close_matches  # noqa: PLC0415 - for mistakes only

    close = get_close_matches(name, known, n=1)
    return f" Did you mean {close[0]!r}?" if close else ""
