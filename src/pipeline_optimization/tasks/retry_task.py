"""Direct calls of tasks that are tried again after an injected fault, as the engine tries its items again.

The policy is the task's own, or else that of the environment (``RetrySettings``). Its delays are scaled as all simulated times are. In a comparison
it is the policy that all contenders share. The delays of a call are those that the engine would draw for the same task and argument. Errors of the
task's own are not retried: in a function that is called directly they are mistakes.
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
    """Call a task until it succeeds or the retry policy gives up. The thread waits in between.

    Raises InjectedFault after the last attempt, and UsageError if the environment names no existing retry policy.
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
    """Do what ``retry`` does, without blocking the event loop."""
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
    """The attempts of one call. ``policy`` is the label of its retry policy."""

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
        """Return the seconds until the next attempt, or None if there is none."""
        if self._state is None:
            item = Item(id=self._argument, task=self._task_name, fault_key=fault_key(self._argument))
            self._state = ItemState(item=item, earliest=0.0, first_started=self._began)
        error = ErrorRecord(type=type(fault).__name__, message=str(fault), injected=True)
        with _LOCK:
            retrying = _retrying(self._retry, process_settings())
            return retrying.next_delay(self._state, error, time.monotonic())


_LOCK = threading.Lock()


@lru_cache(maxsize=1)
def _prepare(retry: RetrySettings | BuiltRetry) -> None:
    """Load the policy at a process's first call, so that the first fault takes no longer than later ones."""
    if process_settings().profile != "none":
        _policy(retry)


@lru_cache(maxsize=16)
def _policy(retry: RetrySettings | BuiltRetry) -> RetryPolicy:
    from pipeline_optimization.registry import Registry  # noqa: PLC0415 - if nothing can fail, the registry is not needed

    return retry.build(Registry.load())


@lru_cache(maxsize=16)
def _retrying(retry: RetrySettings | BuiltRetry, settings: FaultSettings) -> Retrying:
    """Return what decides on retries. The policy's budget is for the whole process."""
    faults = settings.plan({})
    return Retrying(_policy(retry), seed=faults.seed, case=faults.case, scale=faults.latency_scale)
