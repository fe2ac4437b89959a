"""The faults of tasks that are called directly, outside any engine."""

from __future__ import annotations

import os
import threading
from collections import Counter
from contextvars import ContextVar

from pipeline_optimization.engine.faults import (
    BUILT_IN_PROFILES,
    CALM,
    DEFAULT_LATENCY_SCALE,
    TASK_SERVER,
    Draw,
    FaultSettings,
    TaskFaults,
    fault_key,
    new_seed,
    pass_latency,
    pass_latency_async,
)
from pipeline_optimization.errors import OptionError

__all__ = ["CALLS", "POLICY", "DirectCalls", "fault_settings", "process_settings"]

if os.environ.get(TASK_SERVER):
    import pipeline_optimization.engine.task_client  # noqa: F401 - imported at once, so that no measured call pays for it

POLICY: ContextVar[str] = ContextVar("POLICY", default="")
"""The label of the retry policy under which this thread or coroutine makes calls, or empty."""

_SEED = new_seed()
"""The seed of direct calls, if the environment has none."""


def fault_settings(*, seed: int, faults: str = "exercise") -> FaultSettings:
    """Return the faults that the ``ANAGRAM_*`` variables of the environment ask for.

    ``seed`` and ``faults`` apply if their variables are not set. Raises OptionError if a variable has a wrong value.
    """
    return FaultSettings(
        profile=_profile(faults),
        latency_scale=_number("ANAGRAM_LATENCY_SCALE", DEFAULT_LATENCY_SCALE),
        seed=int(_number("ANAGRAM_SEED", seed)),
        case=os.environ.get("ANAGRAM_CASE", ""),
    )


def process_settings() -> FaultSettings:
    """Return the faults that direct calls of this process meet now. Raises OptionError if a variable has a wrong value."""
    return fault_settings(seed=_SEED)


class DirectCalls:
    """Counts the calls of each task with each argument. The n-th call draws what the engine's n-th attempt draws.

    So the faults do not depend on the order of the calls, and a contender that calls the tasks itself meets the same faults as an orchestrator.
    Threads may share one object. In a comparison the harness counts, so processes share the count too. The environment is read at each call.
    """

    def __init__(self) -> None:
        self._calls: Counter[tuple[str, str]] = Counter()
        self._lock = threading.Lock()

    def __reduce__(self) -> str:
        return "CALLS"  # tasks that are sent to another process by value are counted there

    def pass_latency(self, task: str, faults: TaskFaults, argument: str) -> None:
        """Wait for the latency of the next call.

        Raises InjectedFault if one was drawn, and OptionError if an environment variable has a wrong value.
        """
        key = fault_key(argument)
        pass_latency(task, key, lambda: self._draw(task, faults, key), policy=POLICY.get()).raise_if_fails(task)

    async def pass_latency_async(self, task: str, faults: TaskFaults, argument: str) -> None:
        """Do what ``pass_latency`` does, without blocking the event loop."""
        key = fault_key(argument)
        draw = await pass_latency_async(task, key, lambda: self._draw(task, faults, key), policy=POLICY.get())
        draw.raise_if_fails(task)

    def _draw(self, task: str, faults: TaskFaults, key: str) -> Draw:
        plan = process_settings().plan({task: faults})
        return CALM if plan.is_calm else plan.draw(task, key, self._number(task, key))

    def _number(self, task: str, key: str) -> int:
        with self._lock:
            self._calls[task, key] += 1
            return self._calls[task, key]


CALLS = DirectCalls()
"""The calls of this process."""


def _profile(default: str) -> str:
    name = os.environ.get("ANAGRAM_FAULTS", default)
    if name not in BUILT_IN_PROFILES:
        raise OptionError(f"ANAGRAM_FAULTS must be one of {', '.join(BUILT_IN_PROFILES)}, not {name!r}.")
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
