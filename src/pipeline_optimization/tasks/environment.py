"""The faults of tasks that are called directly, outside any engine."""

from __future__ import annotations

import os
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextvars import ContextVar
from typing import TypeVar

from attrs import frozen

from pipeline_optimization.engine.draws import new_seed
from pipeline_optimization.engine.faults import CALM, PROFILES, Draw, TaskFaults, fault_key
from pipeline_optimization.engine.journal import CallRecord, Journal, Outcome, Settings
from pipeline_optimization.errors import InjectedFault, OptionError

__all__ = ["DEFAULT_LATENCY_SCALE", "POLICY", "DirectCall", "DirectCalls", "fault_settings", "process_settings"]

R = TypeVar("R")

DEFAULT_LATENCY_SCALE = 0.05

POLICY: ContextVar[str] = ContextVar("POLICY", default="")
"""The label of the retry policy that the calls of this thread or coroutine are under; empty where there is none."""

_SEED = new_seed()
"""That of direct calls where nobody sets one."""


def fault_settings(*, seed: int, faults: str = "exercise") -> Settings:
    """Return the faults that the environment asks for: the harness's, or those of the ``ANAGRAM_*`` variables.

    ``seed`` and ``faults`` apply where no variable is set. Raises OptionError where a variable is wrong.
    """
    journal = Journal.from_environment()
    if journal is not None:
        return journal.settings()
    return Settings(
        faults=_profile(faults),
        latency_scale=_number("ANAGRAM_LATENCY_SCALE", DEFAULT_LATENCY_SCALE),
        seed=int(_number("ANAGRAM_SEED", seed)),
        case=os.environ.get("ANAGRAM_CASE", ""),
    )


def process_settings() -> Settings:
    """Return the faults that direct calls of this process meet now. Raises OptionError where a variable is wrong."""
    return fault_settings(seed=_SEED)


@frozen(kw_only=True)
class DirectCall:
    """One call under way: what was drawn for it, and where it will be recorded."""

    task: str
    key: str = ""
    number: int = 0
    draw: Draw = CALM
    began: int = 0
    execution: int = 0
    policy: str = ""
    journal: Journal | None = None

    @property
    def latency(self) -> float:
        """Return the simulated seconds that the caller lets pass before it calls ``finish``."""
        return self.draw.latency

    def finish(self, function: Callable[[], R]) -> R:
        """Run the task and record the call where the harness keeps a journal. Raises InjectedFault if it was drawn."""
        outcome: Outcome = "error"
        try:
            if self.draw.fails:
                outcome = "injected"
                raise InjectedFault(f"{self.task} failed (simulated)")
            result = function()
            outcome = "ok"
        finally:
            if self.journal is not None:
                self.journal.record(
                    self.execution,
                    CallRecord(
                        self.task,
                        self.key,
                        self.number,
                        outcome,
                        self.latency,
                        self.began,
                        time.monotonic_ns(),
                        self.policy,
                    ),
                )
        return result


class DirectCalls:
    """Counts the calls of each task with each argument: the n-th call draws what the engine's n-th attempt draws.

    So the faults do not depend on the order of the calls, and a contender that calls the tasks itself meets the same
    ones as an orchestrator does. Safe to share among threads, and with a journal among processes. The environment is
    read at each call.
    """

    def __init__(self) -> None:
        self._calls: Counter[tuple[str, str]] = Counter()
        self._lock = threading.Lock()

    def begin(self, task: str, faults: TaskFaults, argument: str) -> DirectCall:
        """Draw what happens to the next call. Raises OptionError where an environment variable is wrong."""
        began = time.monotonic_ns()
        settings = process_settings()
        plan = settings.plan({task: faults})
        if plan.is_calm:
            return DirectCall(task=task)
        key = fault_key(argument)
        journal = Journal.from_environment()
        number = self._number(task, key) if journal is None else journal.next_number(settings.execution, task, key)
        return DirectCall(
            task=task,
            key=key,
            number=number,
            draw=plan.draw(task, key, number),
            began=began,
            execution=settings.execution,
            policy=POLICY.get(),
            journal=journal,
        )

    def _number(self, task: str, key: str) -> int:
        with self._lock:
            self._calls[task, key] += 1
            return self._calls[task, key]


def _profile(default: str) -> str:
    name = os.environ.get("ANAGRAM_FAULTS", default)
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
