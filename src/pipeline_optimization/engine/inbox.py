"""A queue in which the threads of an orchestrator leave completions for its ``poll``."""

from __future__ import annotations

from collections.abc import Sequence
from queue import Empty, SimpleQueue

from pipeline_optimization.types import Completion

__all__ = ["Inbox"]


class Inbox:
    """Hands completions from any thread to the thread that polls. An error that must end the run goes the same way."""

    def __init__(self) -> None:
        self._arrived: SimpleQueue[Completion | Exception] = SimpleQueue()
        self._error: Exception | None = None

    def put(self, news: Completion | Exception) -> None:
        """Leave a completion, or an error that ``take`` raises."""
        self._arrived.put(news)

    def take(self, timeout: float) -> Sequence[Completion]:
        """Return all completions that have arrived. If there is none, wait for one for at most ``timeout`` seconds.

        Completions that arrived before an error are returned, and the next call raises the error.
        """
        if self._error is not None:
            raise self._error
        completions: list[Completion] = []
        try:
            news = self._arrived.get(timeout=timeout)
            while True:
                if isinstance(news, Exception):
                    self._error = news
                    break
                completions.append(news)
                news = self._arrived.get_nowait()
        except Empty:
            return completions
        if not completions:
            raise self._error
        return completions
