"""Messages of a run, collected until somebody takes them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from anagram_plugin_opentelemetry.identity import TraceIdentity
from pipeline_optimization.types import RunStarted

__all__ = ["Collecting"]

T = TypeVar("T")


class Collecting(Generic[T]):
    """Collects messages of one run until somebody takes them.

    ``unix`` turns nanoseconds of the engine's clock into nanoseconds since 1970.
    """

    def __init__(self, identity: TraceIdentity, started: RunStarted, unix: Callable[[int], int]) -> None:
        self._identity = identity
        self._started = started
        self._unix = unix
        self._made: list[T] = []

    def __len__(self) -> int:
        return len(self._made)

    def take(self) -> list[T]:
        """Return what was made since the last time."""
        made, self._made = self._made, []
        return made
