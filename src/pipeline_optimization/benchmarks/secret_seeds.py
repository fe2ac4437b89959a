"""Seeds that contenders cannot guess.

Who knows the seed of a comparison can make its texts in advance, and has the answers ready. A contender can check a guess: it sees the first text, and
PYTHONHASHSEED. So a seed that could be found by trying is combined with a secret key of the user. The key is in the directory of comparisons,
which looks empty to contenders.
"""

from __future__ import annotations

import os
from hashlib import blake2b

from pipeline_optimization.disk_cache import read_sealed, store_sealed

__all__ = ["new_wide_seed", "unguessable"]

WIDE = 1 << 48
"""From here on, a seed is used as it is, because nobody finds it by trying."""

KEY_BYTES = 32


def new_wide_seed() -> int:
    """Return a random seed that nobody can guess. It has 53 bits at most, so that any reader of JSON keeps it."""
    return WIDE + int.from_bytes(os.urandom(6), "big")


def unguessable(seed: int) -> int:
    """Return the seed itself if it is wide, or else one that follows from it and from the user's key."""
    return seed if abs(seed) >= WIDE else _keyed(seed)


def _keyed(seed: int) -> int:
    from pipeline_optimization.benchmarks.measuring.hidden_paths import comparisons_directory  # noqa: PLC0415 - psutil is optional

    path = comparisons_directory() / "key"
    key = read_sealed(path)
    if key is None:
        store_sealed(path, os.urandom(KEY_BYTES))
        key = read_sealed(path)
    if key is None:  # the cache cannot be written
        return seed
    return WIDE + int.from_bytes(blake2b(str(seed).encode(), key=key, digest_size=6).digest(), "big")
