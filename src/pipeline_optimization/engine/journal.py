"""The record that the comparison harness keeps of each call of a task in a process that it measures."""

from __future__ import annotations

from typing import Literal

from attrs import frozen

__all__ = ["CallOutcome", "CallRecord"]

CallOutcome = Literal["ok", "injected"]
"""Whether the harness let the call go on, or let it fail as the drawn fault says."""


@frozen
class CallRecord:
    """One call of a task.

    Attributes:
        task: The name of the task.
        key: What faults are drawn for: the content of the call's argument.
        number: The number of the attempt among those of this task and key. Calls at the same time are copies of one attempt, and have its number.
        outcome: What became of the call.
        latency: The drawn latency in seconds.
        began: When the call began, in nanoseconds of the harness's monotonic clock.
        ended: When it ended, likewise.
        policy: The label of the retry policy of the call; empty if the project knows of none.
    """

    task: str
    key: str
    number: int
    outcome: CallOutcome
    latency: float
    began: int
    ended: int
    policy: str = ""
