"""What bounded a run: the longest chain of items of which each followed from the one before."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

__all__ = ["CriticalPath", "PathStep"]


@frozen(kw_only=True)
class PathStep:
    """One item of a critical path: how many attempts it had, and the seconds in which they ran, and in which it waited for its retries."""

    item: str
    task: str
    attempts: int
    ran: float
    delayed: float


@frozen(kw_only=True)
class CriticalPath:
    """The chain of items that would have taken the longest on any number of workers: ``seconds`` that no run takes less than.

    Its ``steps`` end with the last one. Of a long chain the first ones are ``left_out``, and only counted.
    """

    seconds: float
    steps: Sequence[PathStep]
    left_out: int = 0
