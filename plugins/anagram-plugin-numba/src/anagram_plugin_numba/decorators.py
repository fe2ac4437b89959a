"""How functions are compiled: by themselves, or into those that call them; in both cases without wrappers for Python."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar, cast

from numba import njit

__all__ = ["compiled", "inlined"]

FunctionT = TypeVar("FunctionT", bound=Callable[..., object])

WITHOUT_WRAPPERS: Mapping[str, Any] = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
"""Options that numba uses itself, and that its type hints do not know."""


def compiled(function: FunctionT) -> FunctionT:
    """Compile a function that only compiled functions call, or that ``compile_functions`` exports."""
    return cast("FunctionT", njit(**WITHOUT_WRAPPERS)(function))


def inlined(function: FunctionT) -> FunctionT:
    """Compile a function into each that calls it: a call passes every number of every array, and counts references."""
    return cast("FunctionT", njit(forceinline=True, **WITHOUT_WRAPPERS)(function))
