"""What a user gives as a function: it may be a function, a method, a class, an object with ``__call__``, or one of them with arguments."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import partial
from typing import Any

__all__ = ["file_of", "innermost", "is_coroutine_function", "name_of", "where"]


def innermost(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function itself, without the arguments that ``functools.partial`` gave it."""
    while isinstance(function, partial):
        function = function.func
    return function


def name_of(function: Callable[..., Any]) -> str:
    """Return the name of a function, or that of an object's class."""
    function = innermost(function)
    return str(getattr(function, "__name__", type(function).__name__))


def where(function: Callable[..., Any]) -> str:
    """Return a function's name for people, with its file and its line as far as they are known."""
    function = innermost(function)
    kind = type(function)
    code = getattr(function if hasattr(function, "__qualname__") else vars(kind).get("__call__"), "__code__", None)
    name = getattr(function, "__qualname__", kind.__qualname__)
    return name if code is None else f"{name} ({code.co_filename}, line {code.co_firstlineno})"


def file_of(function: Callable[..., Any]) -> str | None:
    """Return the file in which a function is defined, as far as that is known."""
    code = getattr(innermost(function), "__code__", None)
    return None if code is None else str(code.co_filename)


def is_coroutine_function(function: Callable[..., Any]) -> bool:
    """Return whether calls are awaited: those of an ``async def`` function, and of an object whose ``__call__`` is one."""
    function = innermost(function)
    call = inspect.getattr_static(type(function), "__call__", None)
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(call)
