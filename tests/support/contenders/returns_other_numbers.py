"""Returns numbers of a type of its own, as array libraries do."""

from __future__ import annotations

from typing import Any

from honest import TaskOrchestrator as Honest


class Int64:
    def __init__(self, value: int) -> None:
        self.value = value

    def __index__(self) -> int:
        return self.value

    def __repr__(self) -> str:
        return f"Int64({self.value})"


class TaskOrchestrator(Honest):
    def count(self, words: list[str]) -> Any:
        return {word: Int64(number) for word, number in super().count(words).items()}
