"""A contender in the measured process: something that makes the bytes of an answer from the bytes of an input."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Protocol, TypedDict, cast

__all__ = ["LONGEST", "BadResultError", "LoadOrder", "LoadedContender", "NoContenderError", "loader_of", "shown"]

LONGEST = 80


class BadResultError(Exception):
    """The returned value has the wrong form. The message says where."""


class NoContenderError(Exception):
    """The named file or orchestrator contains nothing to measure. The message says what is missing."""


class LoadOrder(TypedDict):
    """The contender to load. ``module`` knows how to load it, and what the other keys mean."""

    module: str
    kind: str
    source: str
    text: str
    options: Mapping[str, object]
    arguments: Mapping[str, object]


class LoadedContender(Protocol):
    """One contender, made and ready."""

    def answer(self, data: bytes) -> tuple[float, bytes]:
        """Return the milliseconds that it says it took, and its answer as bytes of plain data.

        Raises BadResultError if it returned no answer, and whatever the contender raises.
        """
        ...

    @property
    def startup_ms(self) -> object:
        """Return how long its workers took to be ready for the last input, as it says, or None."""
        ...

    def close(self) -> None:
        """End it."""
        ...


Load = Callable[[LoadOrder], Callable[[], LoadedContender]]
"""Imports a contender and returns a function that makes an instance of it.

Raises NoContenderError, and whatever importing the contender raises.
"""


def loader_of(module: str) -> Load:
    """Return the function ``load`` of a work's module."""
    return cast("Load", import_module(module).load)


def shown(value: object) -> str:
    """Return a value and its type, shortened."""
    if value is None:
        return "None"
    kind = type(value)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    try:
        text = repr(value)
    except BaseException:  # noqa: BLE001 - a broken __repr__ is no reason to lose the rest
        return f"an object of type {name}"
    return f"{text if len(text) <= LONGEST else text[:LONGEST] + '…'} (of type {name})"
