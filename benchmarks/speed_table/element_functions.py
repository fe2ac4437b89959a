"""Short functions of the pipelines that section ``elements`` measures, as a user's module has them.

It imports nothing that they do not need, as what it imports is a part of the time that is measured.
"""

from __future__ import annotations

from typing import Any

from pipeline_optimization import Pipeline
from pipeline_optimization.pipeline.model.steps import CompletePipeline

__all__ = ["PIPELINES", "same", "words"]


def same(value: int) -> int:
    return value


def words(line: str) -> list[str]:
    return line.lower().split()


PIPELINES: dict[str, CompletePipeline[Any, Any]] = {
    "sum": Pipeline("sum").lines().map(int).sum(),
    "words": Pipeline("words").lines().flat_map(words).count(),
    "same": Pipeline("same").values(int).map(same).sum(),
}
