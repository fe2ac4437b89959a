"""A plugin that type checkers must find right: every kind, annotated as the documents say."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from random import Random

from attrs import frozen

from pipeline_optimization import CompletePipeline, Pipeline, Registry, RunReport, count_anagrams
from pipeline_optimization.engine.worker import Worker
from pipeline_optimization.hookspecs import hookimpl
from pipeline_optimization.testing import CheckResult, OrchestratorContract, check_orchestrator, check_tokenizer
from pipeline_optimization.types import (
    Attempt,
    Capabilities,
    Completion,
    Component,
    ComponentOf,
    ErrorRecord,
    Lexicon,
    NoOptions,
    OpenContext,
    Orchestrator,
    RetryPolicy,
    RunFinished,
    RunnablePipeline,
    Signature,
    Tokenizer,
    option,
)


@frozen(kw_only=True)
class Options:
    workers: int = option(2, help="how many", at_least=1)
    label: str | None = option(None, help="a name")


class Mine:
    slots = 1

    def __init__(self, options: Options) -> None:
        self.workers = options.workers

    def open(self, context: OpenContext) -> None:
        self._worker = Worker(context.worker_init)

    def submit(self, attempt: Attempt) -> None:
        self._attempt = attempt

    def poll(self, timeout: float) -> Sequence[Completion]:
        answer = self._worker.run_attempt(self._attempt.payload)
        return [Completion(id=self._attempt.id, status="done", payload=answer, worker="me")]

    def cancel(self, attempt_id: int) -> bool:
        return False

    def close(self, *, force: bool) -> None:
        self._worker.close()


class Words:
    is_characterwise = True

    def __init__(self, options: NoOptions) -> None: ...

    def filter(self, text: str) -> str:
        return text

    def words(self, filtered: str) -> Iterable[str]:
        return filtered.split()


class Letters:
    def __init__(self, options: NoOptions) -> None: ...

    def __call__(self, word: str, /) -> Hashable:
        return tuple(sorted(word))


class Twice:
    budget = None
    deadline = 2.5

    def __init__(self, options: NoOptions) -> None: ...

    def delays(self, rng: Random) -> Iterator[float]:
        yield rng.random()

    def retries(self, error: ErrorRecord) -> bool:
        return not error.injected


class Short:
    identity = "short 1"

    def __init__(self, options: Options) -> None: ...

    def words(self) -> Iterable[str]:
        return ("cat", "act")


@hookimpl
def anagram_register_orchestrators() -> Sequence[ComponentOf[Orchestrator]]:
    claims = Capabilities(isolation="none", runs_in_caller=True)
    return [Component(name="mine", summary="s", factory=Mine, options=Options, capabilities=claims)]


@hookimpl
def anagram_register_tokenizers() -> Sequence[ComponentOf[Tokenizer]]:
    return [Component(name="words", summary="s", factory=Words, options=NoOptions)]


@hookimpl
def anagram_register_signatures() -> Sequence[ComponentOf[Signature]]:
    return [Component(name="letters-2", summary="s", factory=Letters, options=NoOptions)]


@hookimpl
def anagram_register_retry_policies() -> Sequence[ComponentOf[RetryPolicy]]:
    return [Component(name="twice", summary="s", factory=Twice, options=NoOptions)]


@hookimpl
def anagram_register_lexicons() -> Sequence[ComponentOf[Lexicon]]:
    short = Component(name="short", summary="s", factory=Short, options=Options)
    return [short, Component(name="shorter", summary="s", factory=make_short, options=NoOptions)]


def count_words(options: Options) -> CompletePipeline[str, dict[str, int]]:
    return Pipeline("words").lines().flat_map(str.split).count()


@hookimpl
def anagram_register_pipelines() -> Sequence[ComponentOf[RunnablePipeline]]:
    return [Component(name="words", summary="s", factory=count_words, options=Options)]


def make_short(options: NoOptions) -> Lexicon:
    return Short(Options())


@hookimpl
def anagram_run_finished(event: RunFinished) -> None:
    assert isinstance(event.is_complete, bool)


class TestMine(OrchestratorContract):
    name = "mine"
    options = {"workers": 2}
    known_failures = {"events": "a reason"}


def use() -> RunReport:
    results: list[CheckResult] = check_orchestrator(lambda: Mine(Options()), capabilities=Capabilities())
    results += check_tokenizer(lambda: Words(NoOptions()))
    orchestrator: Orchestrator = Registry.load().orchestrator("mine", {"workers": 3}).build()
    return count_anagrams("cat", orchestrator=orchestrator)
