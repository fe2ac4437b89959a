"""The first stage: drop everything from a text that no word contains."""

from __future__ import annotations

from pipeline_optimization.builtin.tokenizers import ExerciseTokenizer
from pipeline_optimization.tasks.task_decorator import task
from pipeline_optimization.types import Tokenizer

__all__ = ["filter_input"]

_EXERCISE = ExerciseTokenizer()


@task(failure_rate=0.20, sleep_time=1.0)
def filter_input(text: str, tokenizer: Tokenizer = _EXERCISE) -> str:
    """Return the filtered text."""
    return tokenizer.filter(text)
