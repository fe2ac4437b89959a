"""Texts of all kinds for tokenizers."""

from __future__ import annotations

import random

__all__ = ["seeded_texts"]

WORDS = ("cat", "act", "dog", "stop", "tea-pot", "I'll", "x1", "silent", "étude", "the", "Ärger", "foo/bar", "listen")
SPACES = (" ", "\n", "\t", "  ", "\u00a0", "\u2003", "\r\n")


def seeded_texts(number: int, *, seed: int = 1) -> list[str]:
    """Return texts of all kinds, the same at each call."""
    rng = random.Random(seed)  # noqa: S311 - texts, not secrets
    return ["".join(rng.choice(WORDS) + rng.choice(SPACES) for _ in range(rng.randint(0, 40))) for _ in range(number)]
