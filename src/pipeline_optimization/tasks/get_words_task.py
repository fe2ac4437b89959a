"""The second stage: split a filtered text into words."""

from __future__ import annotations

from pipeline_optimization.builtin.tokenizers import ExerciseTokenizer
from pipeline_optimization.tasks.task_decorator import task
from pipeline_optimization.types import Tokenizer

__all__ = ["get_words"]

_EXERCISE = ExerciseTokenizer()


@task(failure_rate=0.25, sleep_time=1.0)
def get_words(text: str, tokenizer: Tokenizer = _EXERCISE) -> list[str]:
    """Return the words in the order of the text, repeated ones as often as they occur."""
    return list(tokenizer.words(text))
