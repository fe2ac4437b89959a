"""Where an orchestrator's own threads leave completions for ``poll``."""

from __future__ import annotations

from collections.abc import Sequence
from queue import Empty, SimpleQueue

from pipeline_optimization.types import Completion

__all__ = ["Inbox"]


class Inbox:
    """Completions, and errors that end the run, from any thread to the one that polls."""

    def __init__(self) -> None:
        self._arrived: SimpleQueue[Completion | Exception] = SimpleQueue()

    def put(self, news: Completion | Exception) -> None:
        """Leave a completion, or the error for ``take`` to raise."""
        self._arrived.put(news)

    def take(self, timeout: float) -> Sequence[Completion]:
        """Return all that has arrived, waiting for the first of it for at most ``timeout`` seconds."""
        completions: list[Completion] = []
        try:
            news = self._arrived.get(timeout=timeout)
            while True:
                if isinstance(news, Exception):
                    raise news
                completions.append(news)
                news = self._arrived.get_nowait()
        except Empty:
            return completions
