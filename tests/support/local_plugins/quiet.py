"""A plugin in a single file with a component of every kind, an observer, and a class for the harness."""

from __future__ import annotations

import os
import sys
from collections.abc import Hashable, Iterable, Iterator, Sequence
from functools import partial
from random import Random

from attrs import frozen

from pipeline_optimization import CompletePipeline, Pipeline
from pipeline_optimization.builtin.sequential import SequentialOrchestrator
from pipeline_optimization.hookspecs import hookimpl
from pipeline_optimization.orchestrator import TaskOrchestrator, TaskResult
from pipeline_optimization.types import (
    Component,
    ComponentOf,
    ErrorRecord,
    Lexicon,
    NoOptions,
    Orchestrator,
    RetryPolicy,
    RunFinished,
    RunnablePipeline,
    Signature,
    Tokenizer,
    option,
)

__all__ = ["TaskOrchestrator", "TaskResult"]


class QuietTokenizer:
    """Words that are not all in capital letters."""

    is_characterwise = False

    def __init__(self, options: NoOptions) -> None:
        pass

    def filter(self, text: str) -> str:
        return text

    def words(self, filtered: str) -> Iterable[str]:
        return [word for word in filtered.split() if not word.isupper()]


@frozen(kw_only=True)
class FirstLetterOptions:
    ignored: str = option("", help="a letter that does not count")


class FirstLetter:
    """Equal for words of the same letters, whatever else."""

    def __init__(self, options: FirstLetterOptions) -> None:
        self._ignored = options.ignored

    def __call__(self, word: str, /) -> Hashable:
        return "".join(sorted(word.replace(self._ignored, "") if self._ignored else word))


class TinyLexicon:
    """Three words."""

    identity = "tiny 1"

    def __init__(self, options: NoOptions) -> None:
        pass

    def words(self) -> Iterable[str]:
        return ["cat", "act", "dog"]


class Once:
    """Tries once more."""

    budget: int | None = None
    deadline: float | None = None

    def __init__(self, options: NoOptions) -> None:
        pass

    def delays(self, rng: Random) -> Iterator[float]:
        return iter([0.0] * 20)

    def retries(self, error: ErrorRecord) -> bool:
        return True


@hookimpl
def anagram_register_tokenizers() -> Sequence[ComponentOf[Tokenizer]]:
    return [Component(name="quiet", summary="no capital letters", factory=QuietTokenizer, options=NoOptions)]


@hookimpl
def anagram_register_signatures() -> Sequence[ComponentOf[Signature]]:
    return [Component(name="first", summary="all letters but one", factory=FirstLetter, options=FirstLetterOptions)]


@hookimpl
def anagram_register_lexicons() -> Sequence[ComponentOf[Lexicon]]:
    return [Component(name="tiny", summary="three words", factory=TinyLexicon, options=NoOptions)]


@hookimpl
def anagram_register_retry_policies() -> Sequence[ComponentOf[RetryPolicy]]:
    return [Component(name="stubborn", summary="twenty more", factory=Once, options=NoOptions)]


@hookimpl
def anagram_register_orchestrators() -> Sequence[ComponentOf[Orchestrator]]:
    return [Component(name="plain", summary="as sequential", factory=SequentialOrchestrator, options=NoOptions)]


@frozen(kw_only=True)
class WordsOptions:
    least: int = option(1, help="characters of the shortest word", at_least=1)


def words(line: str, *, least: int) -> list[str]:
    return [word for word in line.split() if len(word) >= least]


def make_pipeline(options: WordsOptions) -> CompletePipeline[str, dict[str, int]]:
    return Pipeline("words").lines().flat_map(partial(words, least=options.least)).count()


@hookimpl
def anagram_register_pipelines() -> Sequence[ComponentOf[RunnablePipeline]]:
    return [Component(name="long-words", summary="words", factory=make_pipeline, options=WordsOptions)]


@hookimpl
def anagram_run_finished(event: RunFinished) -> None:
    print(f"finished in {os.getpid()}", file=sys.stderr)
