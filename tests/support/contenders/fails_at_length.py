"""Ends with a traceback that is longer than any report keeps, after its last answer."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType

from honest import TaskOrchestrator as Honest


def nested(depth: int) -> None:
    if depth == 0:
        raise RuntimeError("traced")
    again(depth - 1)


def again(depth: int) -> None:
    nested(depth)  # two functions by turns, because Python shortens what is repeated


class TaskOrchestrator(Honest):
    def close(self) -> None:
        def trace(frame: FrameType, event: str, argument: object) -> Callable[..., object] | None:
            if frame.f_code.co_name == "_report":
                sys.setprofile(None)
                nested(50)
            return None

        sys.setprofile(trace)
