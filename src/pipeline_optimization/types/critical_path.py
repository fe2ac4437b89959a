"""The critical path of a run: its longest chain of items, in which each item followed from the one before."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

__all__ = ["CriticalPath", "PathStep"]


@frozen(kw_only=True)
class PathStep:
    """One item of a critical path: the number of its last attempt, the seconds in which its attempts ran, and the seconds for which it waited for retries.

    Lost attempts are not counted, but their seconds are. In a resumed run, the number goes on from that of an earlier run.
    """

    item: str
    task: str
    attempts: int
    ran: float
    delayed: float


@frozen(kw_only=True)
class CriticalPath:
    """The chain of items that would take the longest with any number of workers.

    Attributes:
        seconds: The time of the whole chain, which no run can be shorter than.
        steps: The items of the chain. The last step is the last item.
        left_out: How many items at the beginning of a long chain are counted in ``seconds`` only.
    """

    seconds: float
    steps: Sequence[PathStep]
    left_out: int = 0
