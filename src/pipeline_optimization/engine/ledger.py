"""The ledger's digest: a sum over what was entered, the same in any order.

An entry is (task, item, attempt, outcome). Items that have a position are entered by it, so that many at once need no loop: the sum
is linear in positions.
"""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b

__all__ = ["digest_of", "digest_of_positions"]


def digest_of(task: str, item: str, number: int, outcome: str) -> int:
    """Return what an entry of an item adds to the digest."""
    return _hash(f"{task}\x1f{item}\x1f{number}\x1f{outcome}")


def digest_of_positions(task: str, positions: int, entries: int, number: int, outcome: str) -> int:
    """Return what so many entries add whose positions sum up to ``positions``."""
    factor, each = _factors(task, number, outcome)
    return positions * factor + entries * each


@lru_cache(maxsize=1024)
def _factors(task: str, number: int, outcome: str) -> tuple[int, int]:
    text = f"{task}\x1f{number}\x1f{outcome}"
    return _hash(text) | 1, _hash(text + "\x1f")


def _hash(text: str) -> int:
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest(), "big")
