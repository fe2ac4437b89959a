"""How many calls of tasks a service allows, as the events of a run tell it."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

__all__ = ["TaskQuota"]


@frozen(kw_only=True)
class TaskQuota:
    """What ``@task(limit=, rate=, burst=)`` says of one task, or of several tasks that share it.

    Attributes:
        tasks: The names of the tasks.
        limit: How many of their calls may be under way at once; 0 for any number.
        calls: How many of them may begin in any ``period``; 0 for any number.
        period: Seconds; 0 if any number may begin.
        burst: How many of these calls may begin at once; 0 if any number may begin.
    """

    tasks: Sequence[str]
    limit: int = 0
    calls: int = 0
    period: float = 0.0
    burst: int = 0
