"""A contender in the measured process: something that makes the bytes of an answer from the bytes of an input."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Protocol, TypedDict, cast

__all__ = [
    "CLOSED_PIPE",
    "LONGEST",
    "LONGEST_BODY",
    "BadResultError",
    "LoadOrder",
    "LoadedContender",
    "NoContenderError",
    "loader_of",
    "name_of",
    "shown",
]

CLOSED_PIPE = 213
"""The exit code of a process whose contender has closed or changed the pipes to the harness."""

LONGEST = 80
LONGEST_NAME = 200
"""The most characters of the name of a class or a place, which a contender may choose."""

LONGEST_BODY = 1 << 27
"""The most bytes of an answer, which the harness holds in memory. The words of a language with their numbers take some 10 MiB."""


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
    name = _full_name(type(value))
    try:
        text = str.__str__(repr(value))
    except BaseException:  # noqa: BLE001 - a broken __repr__ is no reason to lose the rest
        return f"an object of type {name}"
    return f"{text if len(text) <= LONGEST else text[:LONGEST] + '…'} (of type {name})"


def name_of(kind: type) -> str:
    """Return the name of a class, shortened, whatever its metaclass does."""
    return str.__str__(_QUALNAME(kind))[:LONGEST_NAME]


_QUALNAME = type.__dict__["__qualname__"].__get__


def _full_name(kind: type) -> str:
    module = type.__getattribute__(kind, "__module__")
    if module == "builtins" or not issubclass(type(module), str):
        return name_of(kind)
    return f"{str.__str__(module)[:LONGEST_NAME]}.{name_of(kind)}"
