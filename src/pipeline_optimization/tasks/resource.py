"""Resources: what a task's calls need and what is expensive to open, such as a session, a connection or a model."""

from __future__ import annotations

import functools
import inspect
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AbstractContextManager, asynccontextmanager
from typing import Any, Generic, TypeVar, cast

from attrs import field, frozen

from pipeline_optimization.errors import BrokenResourceError, OptionError
from pipeline_optimization.tasks.callables import is_coroutine_function, name_of

__all__ = ["Resource", "opening", "resource_of"]

T = TypeVar("T")
C = TypeVar("C", bound=Callable[..., Any])


@frozen(eq=False)
class Resource(Generic[T]):
    """The resource that ``@task(using=...)`` opens. Each thread of a worker that calls the task has one.

    Args:
        factory: A function without arguments that returns a context manager: a class, or a generator function with ``contextlib.contextmanager`` or
            ``asynccontextmanager``. Two tasks that name the same function share what it opens.
        is_shared: Let all threads of a worker process share one. It must be safe for calls of several threads at once.
        broken: Exceptions of the task's function after which the resource is broken: it is closed, and the next call opens another one.
            ``BrokenResourceError`` is always one of them.
    """

    factory: Callable[[], AbstractContextManager[T] | AbstractAsyncContextManager[T]]
    is_shared: bool = field(default=False, kw_only=True)
    broken: tuple[type[BaseException], ...] = field(default=(), kw_only=True)

    @property
    def name(self) -> str:
        return str(getattr(self.factory, "__qualname__", self.factory))

    def manager(self) -> AbstractContextManager[T]:
        """Return the context manager that opens and closes the resource. Raises OptionError if the factory returns no such thing."""
        made = self.factory()
        if hasattr(type(made), "__enter__"):
            return cast("AbstractContextManager[T]", made)
        if hasattr(type(made), "__aenter__"):
            raise OptionError(
                f"{self.name} opens an asynchronous resource, which only coroutine functions can use. Write the task's function as 'async def'."
            )
        raise self._unfit(made)

    def manager_async(self) -> AbstractAsyncContextManager[T]:
        """Return an asynchronous context manager. Coroutine functions can use both kinds of resources. Raises as ``manager`` does."""
        made = self.factory()
        if hasattr(type(made), "__aenter__"):
            return cast("AbstractAsyncContextManager[T]", made)
        if hasattr(type(made), "__enter__"):
            return _awaitable(cast("AbstractContextManager[T]", made))
        raise self._unfit(made)

    def is_broken_by(self, error: BaseException) -> bool:
        """Return whether the resource is broken after an error of the task's function."""
        return isinstance(error, (BrokenResourceError, *self.broken))

    def _unfit(self, made: object) -> OptionError:
        return OptionError(
            f"{self.name} returned an object of type {type(made).__qualname__}, which is no context manager. Decorate it with "
            "contextlib.contextmanager, or return an object with __enter__ and __exit__."
        )


@asynccontextmanager
async def _awaitable(manager: AbstractContextManager[T]) -> AsyncIterator[T]:
    with manager as opened:
        yield opened


def resource_of(given: object) -> Resource[Any]:
    """Return the resource that ``using=`` describes. Raises OptionError if it cannot be opened."""
    resource: Resource[Any] = given if isinstance(given, Resource) else Resource(cast("Callable[[], Any]", given))
    factory: Any = resource.factory
    is_open = not isinstance(factory, type) and any(
        hasattr(type(factory), name) for name in ("__enter__", "__aenter__")
    )
    if is_open or not callable(factory):
        raise OptionError(
            "using= takes a function without arguments that returns a context manager, such as using=session, and not what it returns. "
            f"It was given an object of type {type(factory).__qualname__}."
        )
    if inspect.isgeneratorfunction(factory) or inspect.isasyncgenfunction(factory):
        raise OptionError(
            f"using={resource.name}: decorate {resource.name} with contextlib.contextmanager or asynccontextmanager."
        )
    if not _takes(factory):
        raise OptionError(
            f"using={resource.name}: {resource.name} must be callable without arguments. functools.partial can give them."
        )
    return resource


def opening(function: C, resource: Resource[Any]) -> C:
    """Return a function that opens a resource for each call, unless the call gives it as the second argument.

    Raises OptionError if the function does not take two arguments.
    """
    name = name_of(function)
    if not _takes(function, None, None):
        raise OptionError(
            f"{name} must take two arguments: what it works on, and the resource that using={resource.name} opens."
        )

    @functools.wraps(function)
    async def call_async(*args: Any, **kwargs: Any) -> Any:
        if len(args) != 1:
            return await function(*args, **kwargs)
        async with resource.manager_async() as opened:
            return await function(args[0], opened, **kwargs)

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        if len(args) != 1:
            return function(*args, **kwargs)
        with resource.manager() as opened:
            result = function(args[0], opened, **kwargs)
            # A generator would run after the resource is closed.
            return iter(list(result)) if inspect.isgenerator(result) else result

    return cast("C", call_async if is_coroutine_function(function) else call)


def _takes(function: Callable[..., Any], *args: object) -> bool:
    """Return whether a function can be called with these positional arguments, as far as it tells. Others may be given by name."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return True
    try:
        signature.bind_partial(*args) if args else signature.bind()
    except TypeError:
        return False
    return True
