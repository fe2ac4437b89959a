"""``@task`` makes a function wait and fail at random, like a call to a service, and declares how a run treats its calls."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, AbstractContextManager, contextmanager
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar, cast, overload

from attrs import field, frozen

from pipeline_optimization.engine.faults import TaskFaults
from pipeline_optimization.engine.quota import Quota, quota_of
from pipeline_optimization.errors import OptionError
from pipeline_optimization.tasks.cache import Cache, OwnCache, cache_of
from pipeline_optimization.tasks.callables import is_coroutine_function, name_of, where
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


MOST_SECONDS = 1e9
"""The longest time that a task may declare, more than thirty years. Clocks of operating systems have bounds, too."""


@frozen
class TaskSpec:
    """The declaration that ``@task`` makes of a function.

    Attributes:
        name: The function's name.
        faults: How it misbehaves under the fault profile ``exercise``.
        permanent: Exceptions that are not tried again.
        retry: The task's own retry policy. None means that of the run.
        timeout: Seconds that an attempt may take. None means the limit of the run.
        using: The resource that is opened for its calls.
        quota: How often it may be called.
        cache: Where its results are remembered.
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

    A call blocks its thread for the simulated time. ``call_async`` awaits that time instead, so that an event loop can have many calls wait at once.
    ``plain`` is the function itself, which neither waits nor fails.
    """

    plain: Callable[P, R]
    call_async: Callable[P, Coroutine[Any, Any, R]]
    spec: TaskSpec

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R: ...


class UsingFunction(Protocol[A_contra, T_contra, P, R_co]):
    """A function decorated with ``using``. Pipelines pass the resource. A direct call may pass it; otherwise it is opened for that call."""

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
    """Make calls of a function take ``sleep_time`` seconds, and a share ``failure_rate`` of them raise InjectedFault.

    The environment scales both in direct calls (see the package's docstring), and the fault profile does in a run. A run that simulates no faults
    injects none. The function's first argument is what the task works on. It is the key of the draws of direct calls.

    Args:
        function: The function, if ``@task`` has no arguments.
        failure_rate: The share of calls that fail, from 0 to 1.
        sleep_time: Seconds that a call takes.
        permanent: Exceptions that a run does not try again, because another attempt would raise them too.
        retry: The policy by which failed calls are tried again, instead of the run's: a name, such as ``"fixed"``, a name with options, such as
            ``("fixed", {"attempts": 3})``, or an object.
        timeout: Seconds of real time that an attempt may take in a run of a pipeline, instead of the run's ``item_timeout``. An attempt that takes
            longer fails with ``ItemTimeout`` and is tried again as the policy says. A coroutine is cancelled, and a worker process is ended. A thread
            cannot be ended: it keeps its slot until the function returns.
        cache: The size of the results that runs of pipelines remember for later runs, such as ``"100MB"``, or a pair of a file and a size. A result
            is used again for the same argument and unchanged code. Argument and result must be plain data.
        using: A function without arguments that returns a context manager. What that opens is the function's second argument. A run opens it once for
            each thread of a worker, at the first call, and closes it at the end; ``Resource`` can change that. A direct call opens one for itself,
            unless the second argument is given.
        limit: How many calls may be under way at once in the whole run, in all workers together.
        rate: How many calls may begin in any second, minute or hour of the run: ``"50/s"``, ``"100/min"``, ``"1000/h"``. They are spread evenly.
        burst: How many calls of the rate may begin at once. By default as many as the rate allows in a tenth of a second, and at least one.

    Returns:
        The function, which waits and fails when it is called directly. Its attribute ``plain`` is the function itself.

    Raises:
        OptionError: If any of these arguments is wrong, or if the function does not take the resource. The message names the function.
    """

    def decorate(plain: Callable[P, R]) -> TaskFunction[P, R]:
        name = name_of(plain)
        with _named(plain):
            faults = _checked_faults(failure_rate, sleep_time)
            hopeless = _checked_permanent(permanent)
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

        caller: Callable[P, Any] = call_async if is_coroutine_function(function) else call
        decorated = cast("TaskFunction[P, R]", functools.wraps(function)(caller))
        decorated.plain = plain
        decorated.call_async = call_async
        decorated.spec = TaskSpec(name, faults, hopeless, policy, seconds, resource, quota, memory)
        return decorated

    return decorate if function is None else decorate(function)


@contextmanager
def _named(function: Callable[..., object]) -> Iterator[None]:
    """Name the function in errors of its arguments."""
    try:
        yield
    except OptionError as error:
        raise OptionError(f"@task of {where(function)}: {error}") from error


def _checked_faults(failure_rate: object, sleep_time: object) -> TaskFaults:
    if not (isinstance(failure_rate, int | float) and 0 <= failure_rate <= 1):
        raise OptionError(f"failure_rate= takes a share of calls from 0 to 1, not {failure_rate!r}.")
    if not (isinstance(sleep_time, int | float) and 0 <= sleep_time <= MOST_SECONDS):
        raise OptionError(f"sleep_time= takes a number of seconds of at least 0, not {sleep_time!r}.")
    return TaskFaults(failure_rate, sleep_time)


def _checked_permanent(permanent: object) -> tuple[type[BaseException], ...]:
    """Return the exceptions as a tuple. A wrong one would only be noticed when a call fails, and other elements would fail with it."""
    errors = tuple(permanent) if isinstance(permanent, Iterable) else (None,)
    if not all(isinstance(one, type) and issubclass(one, BaseException) for one in errors):
        raise OptionError(f"permanent= takes a tuple of exceptions, such as (ValueError,), not {permanent!r}.")
    return errors


def _checked_timeout(timeout: object) -> float | None:
    if timeout is None or (isinstance(timeout, int | float) and 0 < timeout <= MOST_SECONDS):
        return timeout
    raise OptionError(f"timeout= takes a number of seconds above 0, not {timeout!r}.")


def _key(args: tuple[object, ...], kwargs: Mapping[str, object]) -> str:
    """Return the key of a direct call's draws: its first argument."""
    first = args[0] if args else next(iter(kwargs.values()), "")
    return first if isinstance(first, str) else repr(first)


task_decorator = task
"""The same decorator under the name that older files use."""
