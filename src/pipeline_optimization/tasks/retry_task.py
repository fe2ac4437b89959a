"""Calls that do not give up at the first injected fault: they are retried as the engine retries its items.

The policy is the task's own, if it has one, else that of the environment (``RetrySettings``), in the simulation's time; under the
harness it is the one that all contenders share. A call's delays are those that the engine would draw for the same task and argument. Errors of a
task's own are not retried: of a function that is called directly they are mistakes.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Coroutine
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol, TypeVar

from pipeline_optimization.engine.faults import FaultSettings, fault_key
from pipeline_optimization.engine.work import Item, ItemState, Retrying
from pipeline_optimization.errors import InjectedFault
from pipeline_optimization.tasks.environment import POLICY, process_settings
from pipeline_optimization.tasks.retry_settings import BuiltRetry, RetrySettings
from pipeline_optimization.types import ErrorRecord

if TYPE_CHECKING:
    from pipeline_optimization.types import RetryPolicy

__all__ = ["AsyncTask", "retry", "retry_async"]

R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)


class AsyncTask(Protocol[R_co]):
    """A task that can be awaited."""

    @property
    def call_async(self) -> Callable[[str], Coroutine[None, None, R_co]]: ...


def retry(task: Callable[[str], R], argument: str) -> R:
    """Call a task until it succeeds or the retry policy gives up; the thread waits in between.

    Raises InjectedFault after the last attempt, and UsageError where the environment names no retry policy that exists.
    """
    attempts = _Attempts(task, argument)
    while True:
        token = POLICY.set(attempts.policy)
        try:
            return task(argument)
        except InjectedFault as fault:
            delay = attempts.delay_after(fault)
            if delay is None:
                raise
        finally:
            POLICY.reset(token)
        time.sleep(delay)


async def retry_async(task: AsyncTask[R], argument: str) -> R:
    """Do the same while an event loop serves others."""
    import asyncio  # noqa: PLC0415 - 50 ms of start-up that only event loops should pay

    attempts = _Attempts(task, argument)
    while True:
        token = POLICY.set(attempts.policy)
        try:
            return await task.call_async(argument)
        except InjectedFault as fault:
            delay = attempts.delay_after(fault)
            if delay is None:
                raise
        finally:
            POLICY.reset(token)
        await asyncio.sleep(delay)


class _Attempts:
    """The attempts at one call. ``policy`` is the label of the retry policy that decides on them."""

    def __init__(self, task: object, argument: str) -> None:
        self._argument = argument
        self._state: ItemState | None = None
        self._began = time.monotonic()
        spec = getattr(task, "spec", None)
        self._task_name = getattr(spec, "name", "")
        self._retry: RetrySettings | BuiltRetry = getattr(spec, "retry", None) or RetrySettings.from_environment()
        self.policy = self._retry.label
        _prepare(self._retry)

    def delay_after(self, fault: InjectedFault) -> float | None:
        """Return the seconds until the next attempt, None if there is to be none."""
        if self._state is None:
            item = Item(id=self._argument, task=self._task_name, fault_key=fault_key(self._argument))
            self._state = ItemState(item=item, path=0.0, first_started=self._began)
        error = ErrorRecord(type=type(fault).__name__, message=str(fault), injected=True)
        with _LOCK:
            retrying = _retrying(self._retry, process_settings())
            return retrying.next_delay(self._state, error, time.monotonic())


_LOCK = threading.Lock()


@lru_cache(maxsize=1)
def _prepare(retry: RetrySettings | BuiltRetry) -> None:
    """Load the policy at a process's first call, so that its first fault takes no longer than the others."""
    if process_settings().profile != "none":
        _policy(retry)


@lru_cache(maxsize=16)
def _policy(retry: RetrySettings | BuiltRetry) -> RetryPolicy:
    from pipeline_optimization.registry import Registry  # noqa: PLC0415 - where nothing can fail there is no need of it

    return retry.build(Registry.load())


@lru_cache(maxsize=16)
def _retrying(retry: RetrySettings | BuiltRetry, settings: FaultSettings) -> Retrying:
    """Return what decides on retries; a policy's budget is of the process."""
    faults = settings.plan({})
    return Retrying(_policy(retry), seed=faults.seed, case=faults.case, scale=faults.latency_scale)
