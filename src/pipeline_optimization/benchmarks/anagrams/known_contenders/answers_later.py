"""A cheat that returns at once, and counts only when its answer is read."""

from __future__ import annotations

from typing import Any

from pipeline_optimization.benchmarks.anagrams.known_contenders.honest_caller import TaskOrchestrator as Honest

__all__ = ["TaskOrchestrator"]


class Later(dict[str, Any]):
    """Does the work in ``get``."""

    def get(self, key: str, default: Any = None) -> Any:
        super().__getitem__("anagram_counts").update(
            Honest().process_text(super().__getitem__("text"))["anagram_counts"]
        )
        return super().get(key, default)


class TaskOrchestrator:
    """Its answer is empty until somebody asks for more."""

    def process_text(self, text: str) -> dict[str, Any]:
        return Later(anagram_counts={}, runtime=1e6, text=text)
