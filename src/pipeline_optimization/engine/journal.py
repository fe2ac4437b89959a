"""The record of each call of a task in a measured process."""

from __future__ import annotations

from typing import Literal

from attrs import frozen

__all__ = ["CallRecord", "Outcome"]

Outcome = Literal["ok", "injected"]


@frozen
class CallRecord:
    """One call of a stage: the drawn latency in seconds, and when it began and ended in nanoseconds (monotonic).

    ``policy`` is the label of the retry policy that the call was made under, empty where the project knows of none.
    """

    task: str
    key: str
    number: int
    outcome: Outcome
    latency: float
    began: int
    ended: int
    policy: str = ""
