"""Returns a mapping that does its work when it is read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from honest import TaskOrchestrator as Honest


class Later(Mapping[str, int]):
    def __init__(self, work: Any) -> None:
        self._work = work
        self._counts: dict[str, int] | None = None

    @property
    def counts(self) -> dict[str, int]:
        if self._counts is None:
            self._counts = self._work()
        return self._counts

    def __getitem__(self, word: str) -> int:
        return self.counts[word]

    def __iter__(self) -> Iterator[str]:
        return iter(self.counts)

    def __len__(self) -> int:
        return len(self.counts)


class TaskOrchestrator(Honest):
    def process_text(self, text: str) -> dict[str, Any]:
        return {"anagram_counts": Later(lambda: self.count(self.words(text))), "runtime": 0.01}
