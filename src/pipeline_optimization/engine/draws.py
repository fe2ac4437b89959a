"""Random numbers without a generator: each is a hash of the seed and of what the number is for.

With a shared generator, the numbers of an attempt would depend on which attempts came before it, and so on the scheduling. A hash
depends on the attempt alone. SplitMix and Philox follow the same idea (Salmon et al., "Parallel Random Numbers: As Easy
as 1, 2, 3", SC 2011).
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

__all__ = ["seeded_random", "uniform"]


def _digest(parts: tuple[object, ...]) -> bytes:
    # The unit separator keeps ("a", "bc") apart from ("ab", "c"). No task name contains it. If a fault key did, two keys might have one digest,
    # which does no harm.
    text = "\x1f".join(map(str, parts))
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()


def uniform(*parts: object) -> float:
    """Return a number of at least 0 and below 1 that depends on the parts alone. It is the same in any process on any machine."""
    # A float has 53 bits. Of 64, the largest numbers would be rounded up to 1.0.
    return (int.from_bytes(_digest(parts), "big") >> 11) / (1 << 53)


def seeded_random(*parts: object) -> Random:
    """Return a generator whose sequence depends on the parts alone."""
    from random import Random  # noqa: PLC0415 - most runs draw nothing in this way

    return Random(int.from_bytes(_digest(parts), "big"))  # noqa: S311 - repeatable, not secret
