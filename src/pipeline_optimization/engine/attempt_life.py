"""What is known of an attempt that is over, before it is known what follows for its item."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from pipeline_optimization.types.step_time import StepTime

__all__ = ["Life"]


class Life(NamedTuple):
    """The life of an attempt. All times are in nanoseconds, and None if they are not known.

    Attributes:
        handed_out: When the orchestrator got it.
        began: When it began.
        ended: When it ended.
        came_back: When it was back, or when the engine gave it up.
        worker: Its worker; empty if it is not known.
        slot: Its slot; 0 if its worker is not known.
        latency: How much of it was simulated.
        bytes_out: The size of its result.
        elements: How many elements were in it; 1 if it failed or did not answer.
        waited: How long it waited.
        stalled: How long its thread neither computed nor waited in an event loop.
        steps: What each of its steps took.
    """

    handed_out: int | None
    began: int | None
    ended: int | None
    came_back: int
    worker: str = ""
    slot: int = 0
    latency: int = 0
    bytes_out: int = 0
    elements: int = 1
    waited: int = 0
    stalled: int = 0
    steps: Sequence[StepTime] = ()
