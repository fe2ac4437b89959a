"""The faults of tasks that are called directly, outside any engine."""

from __future__ import annotations

import os
import secrets
import threading
from collections import Counter

from pipeline_optimization.engine.faults import PROFILES, Draw, FaultPlan, TaskFaults, fault_key
from pipeline_optimization.errors import OptionError

__all__ = ["DEFAULT_LATENCY_SCALE", "DirectCalls"]

DEFAULT_LATENCY_SCALE = 0.05


class DirectCalls:
    """Counts the calls of each task with each argument: the n-th call draws what the engine's n-th attempt draws.

    So the faults do not depend on the order of the calls, and a contender that calls the tasks itself meets the same
    ones as an orchestrator does. Safe to share among threads. The environment is read at each call.
    """

    def __init__(self) -> None:
        self._calls: Counter[tuple[str, str]] = Counter()
        self._lock = threading.Lock()
        self._drawn_seed = secrets.randbits(31)

    def draw(self, task: str, faults: TaskFaults, argument: str) -> Draw:
        """Return what happens to the next call. Raises OptionError where an environment variable is wrong."""
        plan = FaultPlan(
            tasks={task: faults.scaled(_profile())},
            latency_scale=_number("ANAGRAM_LATENCY_SCALE", DEFAULT_LATENCY_SCALE),
            seed=int(_number("ANAGRAM_SEED", self._drawn_seed)),
            case=os.environ.get("ANAGRAM_CASE", ""),
        )
        key = fault_key(argument)
        with self._lock:
            self._calls[task, key] += 1
            number = self._calls[task, key]
        return plan.draw(task, key, number)


def _profile() -> str:
    name = os.environ.get("ANAGRAM_FAULTS", "exercise")
    if name not in PROFILES:
        raise OptionError(f"ANAGRAM_FAULTS must be one of {', '.join(sorted(PROFILES))}, not {name!r}.")
    return name


def _number(variable: str, default: float) -> float:
    text = os.environ.get(variable)
    if text is None:
        return default
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number < float("inf"):
        raise OptionError(f"{variable} must be a number of at least 0, not {text!r}.")
    return number
