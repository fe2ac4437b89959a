"""Returns a word of two lines, by a type that denies what is in it and cannot be shown."""

from __future__ import annotations

from typing import Any

from honest import TaskOrchestrator as Honest


class Sly(str):
    __slots__ = ()

    def __contains__(self, part: object) -> bool:
        return False

    def __repr__(self) -> str:
        raise RuntimeError("hidden")


class TaskOrchestrator(Honest):
    def process_text(self, text: str) -> dict[str, Any]:
        result = super().process_text(text)
        result["anagram_counts"][Sly("cat\ndog")] = 1
        return result
