"""The sizes of ranges of files: few ranges in all, and small ones at the end, so that workers end together."""

from __future__ import annotations

from attrs import frozen

__all__ = ["RangeSizes"]

SHARE = 16
MAX_BLOCKS = 16
MOST_RANGES = 1 << 16


@frozen(kw_only=True)
class RangeSizes:
    """Returns how many blocks the next range of a file has, given how many blocks the file has left.

    This is guided self-scheduling (C. Polychronopoulos, D. Kuck, IEEE Transactions on Computers C-36, 1987), for about as many workers as ``SHARE``:
    a range is that part of what is left of all input. ``MAX_BLOCKS`` bounds what the death of a worker costs. If an input had more than
    ``MOST_RANGES`` ranges then, its ranges are larger, because handing out and adding up takes time for each range, whatever its size.

    Attributes:
        total: How many blocks all input has.
        later: How many blocks come after the file.
    """

    total: int
    later: int = 0

    def __call__(self, blocks_left: int) -> int:
        most = max(MAX_BLOCKS, -(-self.total // MOST_RANGES))
        return max(1, min(most, (blocks_left + self.later) // SHARE))
