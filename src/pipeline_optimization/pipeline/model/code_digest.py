"""One digest of a function's code, by which a later run recognises its results.

If code has changed, a checkpoint asks its user, but a cache must decide alone. So a function whose code is not known for certain is refused.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator
from functools import partial
from hashlib import blake2b
from types import CodeType, FunctionType, ModuleType
from typing import Any

from pipeline_optimization.pipeline.model.code import CodeReader, compiled
from pipeline_optimization.pipeline.model.codec import PLAIN

__all__ = ["code_digest"]


def code_digest(function: Callable[..., Any]) -> str:
    """Return the digest of a function, of the arguments that it was given, and of what it uses in its file.

    Raises ValueError, with the reason, if another function or the changed function could have the same digest.
    """
    inner, given = _unfolded(function)
    if not isinstance(inner, FunctionType):
        raise ValueError(f"it is an object of type {type(inner).__qualname__}, and no function")
    values = [_plain(value) for value in given]
    file = _code_in(sys.modules.get(inner.__module__))
    if inner.__code__ not in file:
        raise ValueError(
            "what runs is not in its file: the file was changed since, or the function was made by other code"
        )
    reader = CodeReader()
    reader.add("it", inner)
    for module, name in reader.used:
        used = inspect.unwrap(getattr(sys.modules[module], name, None))  # type: ignore[arg-type]  # it takes any object
        if isinstance(used, FunctionType) and used.__module__ == module and used.__code__ not in file:
            raise ValueError(f"{name}, which it uses, is not in its file as it runs: the file was changed since")
    facts = [f"{name} {fact}" for name, fact in sorted(reader.facts.items())]
    # One statement can define two functions, which differ in what they were compiled to.
    texts = [inner.__qualname__, compiled(inner.__code__), *values, *facts]
    return blake2b("\0".join(texts).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _unfolded(function: Callable[..., Any]) -> tuple[Callable[..., Any], list[object]]:
    """Return the innermost function, and all values that it was given: arguments, defaults, variables around it."""
    given: list[object] = []
    while isinstance(function, partial):
        given += [list(function.args), dict(sorted(function.keywords.items()))]
        function = function.func
    if isinstance(function, FunctionType):
        given += [list(function.__defaults__ or ()), dict(function.__kwdefaults__ or {})]
        given += [cell.cell_contents for cell in function.__closure__ or ()]
    return function, given


def _plain(value: object) -> str:
    try:
        return PLAIN.encode(value).decode()
    except Exception as error:  # noqa: BLE001 - a user's object may raise anything
        raise ValueError(f"it holds a value that is no plain data, and that may differ next time ({error})") from None


def _code_in(module: ModuleType | None) -> set[CodeType]:
    """Return the code objects of all functions that a module's file has now."""
    try:
        assert module is not None
        whole = compile(inspect.getsource(module), "", "exec", dont_inherit=True)
    except (AssertionError, OSError, TypeError, SyntaxError, ValueError):
        raise ValueError("its source cannot be read, so changes would not be noticed; write it into a file") from None
    return set(_within(whole))


def _within(code: CodeType) -> Iterator[CodeType]:
    yield code
    for one in code.co_consts:
        if isinstance(one, CodeType):
            yield from _within(one)
