"""Seeded randomness without state: a draw is a pure function of what it is for.

A shared generator would make draws depend on scheduling order; a hash does not (SplitMix and Philox follow the same
idea for parallel random numbers, Salmon et al., "Parallel Random Numbers: As Easy as 1, 2, 3", SC 2011).
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

__all__ = ["seeded_random", "uniform"]


def _digest(parts: tuple[object, ...]) -> bytes:
    # The unit separator keeps ("a", "bc") apart from ("ab", "c"); no task name contains it.
    text = "\x1f".join(map(str, parts))
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()


def uniform(*parts: object) -> float:
    """Return a number in [0, 1) that depends on the parts and on nothing else, in any process on any machine."""
    # 53 bits, since 64 would round up to 1.0 now and then.
    return (int.from_bytes(_digest(parts), "big") >> 11) / (1 << 53)


def seeded_random(*parts: object) -> Random:
    """Return a generator whose sequence depends on the parts and on nothing else."""
    from random import Random  # noqa: PLC0415 - most runs draw nothing in this way

    return Random(int.from_bytes(_digest(parts), "big"))  # noqa: S311 - repeatable, not secret
