"""``@task``: makes a function wait and fail at random, like a call to the outside world."""

from __future__ import annotations

import functools
import inspect
import math
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, AbstractContextManager, contextmanager
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar, cast, overload

from attrs import field, frozen

from pipeline_optimization.engine.faults import TaskFaults
from pipeline_optimization.engine.quota import Quota, quota_of
from pipeline_optimization.errors import OptionError
from pipeline_optimization.tasks.cache import Cache, OwnCache, cache_of
from pipeline_optimization.tasks.environment import CALLS
from pipeline_optimization.tasks.resource import Resource, opening, resource_of
from pipeline_optimization.tasks.retry_settings import BuiltRetry, OwnRetry, RetrySettings, own_retry

__all__ = ["TaskFunction", "TaskSpec", "UsingFunction", "task", "task_decorator"]

P = ParamSpec("P")
R = TypeVar("R")
A = TypeVar("A")
T = TypeVar("T")
R_co = TypeVar("R_co", covariant=True)
A_contra = TypeVar("A_contra", contravariant=True)
T_contra = TypeVar("T_contra", contravariant=True)


@frozen
class TaskSpec:
    """A task's name, how it misbehaves under the profile ``exercise``, and how its calls are treated.

    ``permanent`` errors are not tried again. ``retry`` is the task's own policy, and ``timeout`` the seconds that an attempt may
    take; None stands for what holds for the run. ``using`` is what is opened for its calls, ``quota`` how often it may be called, and
    ``cache`` where its results are remembered.
    """

    name: str
    faults: TaskFaults = field(factory=TaskFaults)
    permanent: tuple[type[BaseException], ...] = ()
    retry: RetrySettings | BuiltRetry | None = None
    timeout: float | None = None
    using: Resource[Any] | None = None
    quota: Quota | None = None
    cache: Cache | None = None


class TaskFunction(Protocol[P, R]):
    """A decorated function, in three forms.

    Called, it blocks its thread for the simulated time; ``call_async`` awaits it instead, so that an event loop can
    have many calls wait at once; ``plain`` is the function itself, which neither waits nor fails.
    """

    plain: Callable[P, R]
    call_async: Callable[P, Coroutine[Any, Any, R]]
    spec: TaskSpec

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R: ...


class UsingFunction(Protocol[A_contra, T_contra, P, R_co]):
    """A decorated function with ``using``: the resource is left out in pipelines, and opened for a direct call without one."""

    @overload
    def __call__(self, argument: A_contra, /, *args: P.args, **kwargs: P.kwargs) -> R_co: ...
    @overload
    def __call__(self, argument: A_contra, resource: T_contra, /, *args: P.args, **kwargs: P.kwargs) -> R_co: ...


@overload
def task(function: Callable[P, R], /) -> TaskFunction[P, R]: ...
@overload
def task(
    *,
    failure_rate: float = 0.0,
    sleep_time: float = 0.0,
    permanent: tuple[type[BaseException], ...] = (),
    retry: OwnRetry | None = None,
    timeout: float | None = None,
    limit: int | None = None,
    rate: str | None = None,
    burst: int | None = None,
    cache: OwnCache | None = None,
) -> Callable[[Callable[P, R]], TaskFunction[P, R]]: ...
@overload
def task(
    *,
    using: Callable[[], AbstractContextManager[T]] | Callable[[], AbstractAsyncContextManager[T]] | Resource[T],
    failure_rate: float = 0.0,
    sleep_time: float = 0.0,
    permanent: tuple[type[BaseException], ...] = (),
    retry: OwnRetry | None = None,
    timeout: float | None = None,
    limit: int | None = None,
    rate: str | None = None,
    burst: int | None = None,
    cache: OwnCache | None = None,
) -> Callable[[Callable[Concatenate[A, T, P], R]], UsingFunction[A, T, P, R]]: ...
def task(
    function: Callable[P, R] | None = None,
    /,
    *,
    failure_rate: float = 0.0,
    sleep_time: float = 0.0,
    permanent: tuple[type[BaseException], ...] = (),
    retry: OwnRetry | None = None,
    timeout: float | None = None,
    cache: OwnCache | None = None,
    using: object = None,
    limit: int | None = None,
    rate: str | None = None,
    burst: int | None = None,
) -> Any:
    """Make calls of a function take ``sleep_time`` seconds and a share ``failure_rate`` of them raise InjectedFault.

    Both are scaled by the environment (see the package's docstring), and in a run of a pipeline by its faults: one that simulates none
    injects nothing. The function's first argument is what the task works on; it keys the draws of direct calls.

    Args:
        function: The function, where ``@task`` has no arguments.
        failure_rate: The share of calls that fail.
        sleep_time: Seconds that a call takes.
        permanent: Exceptions that a run does not try again, as another attempt would raise them, too.
        retry: The policy by which failed calls are made again, in place of the run's: a name, such as ``"fixed"``, a name with
            options, such as ``("fixed", {"attempts": 3})``, or a policy that is built.
        timeout: Seconds of real time that an attempt may take in a run of a pipeline, in place of the run's ``item_timeout``. One that
            takes longer has failed with ``ItemTimeout``, and is made again as the policy says. A coroutine is cancelled, a worker
            process ended. A thread cannot be ended: it keeps its place until the function returns.
        cache: Bytes of results that runs of pipelines remember for later ones, such as ``"100MB"``, or a file and a size. A result is that of the same
            argument and of unchanged code; both must be plain data.
        using: A function without arguments that returns a context manager: what that opens is the function's second argument. A run
            opens it once for each thread of a worker, at the first call, and closes it at the end; ``Resource`` says
            otherwise. A direct call opens it for itself, unless it is given as the second argument.
        limit: Calls that may be under way at once in the whole run, whoever runs them.
        rate: Calls that may begin in any second, minute or hour of the run: ``"50/s"``, ``"100/min"``, ``"1000/h"``. They are spread evenly.
        burst: Calls of the rate that may begin at once; by default those of a tenth of a second, and one at least.

    Returns:
        The function, which waits and fails when it is called directly; ``plain`` is the function itself.

    Raises:
        OptionError: For a ``retry`` that is no policy, a ``timeout`` that is not above 0, and a ``limit``, ``rate`` or ``burst`` that is none; it
            names the function. Also for a ``cache`` without a size, and for a ``using`` that cannot be opened or a function that does not take it.
    """
    faults = TaskFaults(failure_rate, sleep_time)

    def decorate(plain: Callable[P, R]) -> TaskFunction[P, R]:
        name = plain.__name__
        with _named(plain):
            policy = None if retry is None else own_retry(retry)
            seconds = _checked_timeout(timeout)
            quota = quota_of(limit, rate, burst)
            memory = None if cache is None else cache_of(cache)
            resource = None if using is None else resource_of(using)
            function = plain if resource is None else opening(plain, resource)

        async def call_async(*args: P.args, **kwargs: P.kwargs) -> Any:
            await CALLS.pass_latency_async(name, faults, _key(args, kwargs))
            result = function(*args, **kwargs)
            return await result if inspect.isawaitable(result) else result

        def call(*args: P.args, **kwargs: P.kwargs) -> R:
            CALLS.pass_latency(name, faults, _key(args, kwargs))
            return function(*args, **kwargs)

        caller: Callable[P, Any] = call_async if inspect.iscoroutinefunction(function) else call
        decorated = cast("TaskFunction[P, R]", functools.wraps(function)(caller))
        decorated.plain = plain
        decorated.call_async = call_async
        decorated.spec = TaskSpec(name, faults, permanent, policy, seconds, resource, quota, memory)
        return decorated

    return decorate if function is None else decorate(function)


@contextmanager
def _named(function: Callable[..., object]) -> Iterator[None]:
    """Say of wrong arguments whose they are."""
    try:
        yield
    except OptionError as error:
        code = getattr(function, "__code__", None)
        place = "" if code is None else f" ({code.co_filename}, line {code.co_firstlineno})"
        raise OptionError(f"@task of {function.__qualname__}{place}: {error}") from error


def _checked_timeout(timeout: float | None) -> float | None:
    if timeout is not None and not (timeout > 0 and math.isfinite(timeout)):
        raise OptionError(f"timeout= takes a number of seconds above 0, not {timeout!r}.")
    return timeout


def _key(args: tuple[object, ...], kwargs: Mapping[str, object]) -> str:
    """Return what the draws of a direct call are keyed by: its first argument."""
    first = args[0] if args else next(iter(kwargs.values()), "")
    return first if isinstance(first, str) else repr(first)


task_decorator = task
"""The same under the name that files written against this layout may use."""
