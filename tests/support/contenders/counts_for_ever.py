"""Returns dictionaries that never end, unless what they store is taken."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import repeat
from typing import Any

from honest import TaskOrchestrator as Honest


class Endless(dict[str, Any]):
    def __iter__(self) -> Iterator[str]:
        return repeat("x")

    keys = __iter__  # type: ignore[assignment]
    items = __iter__  # type: ignore[assignment]

    def __len__(self) -> int:
        return 1 << 60


class TaskOrchestrator(Honest):
    def process_text(self, text: str) -> dict[str, Any]:
        found = super().process_text(text)
        return Endless(found | {"anagram_counts": Endless(found["anagram_counts"])})
