"""The core as a plugin of itself. It registers its components through the same hooks as every plugin."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from pipeline_optimization.builtin.lexicons import (
    FileLexicon,
    FileLexiconOptions,
    GcideLexicon,
    SystemLexicon,
    Web2Lexicon,
)
from pipeline_optimization.builtin.retry_policies import (
    ExponentialOptions,
    ExponentialPolicy,
    FixedOptions,
    FixedPolicy,
    NoRetry,
)
from pipeline_optimization.builtin.sequential import SequentialOrchestrator
from pipeline_optimization.builtin.signatures import make_counts, make_letters, make_primes
from pipeline_optimization.builtin.sinks import FileOptions, make_csv, make_json, make_ndjson, make_parquet
from pipeline_optimization.builtin.tokenizers import ExerciseTokenizer, WhitespaceTokenizer
from pipeline_optimization.errors import UsageError
from pipeline_optimization.hookspecs import hookimpl
from pipeline_optimization.types import (
    Capabilities,
    Component,
    ComponentOf,
    KernelOffer,
    Lexicon,
    NoOptions,
    Orchestrator,
    RetryPolicy,
    RunnablePipeline,
    Signature,
    Sink,
    Tokenizer,
)

if TYPE_CHECKING:
    from pipeline_optimization.types import FaultProfile


@hookimpl
def anagram_register_tokenizers() -> Sequence[ComponentOf[Tokenizer]]:
    return [
        Component(
            name="exercise",
            summary="hyphens and white space separate; what is no ASCII letter or digit is removed",
            factory=ExerciseTokenizer,
            options=NoOptions,
        ),
        Component(
            name="whitespace",
            summary="white space separates; nothing is removed",
            factory=WhitespaceTokenizer,
            options=NoOptions,
        ),
    ]


@hookimpl
def anagram_register_signatures() -> Sequence[ComponentOf[Signature]]:
    return [
        Component(name="letters", summary="the letters in order", factory=make_letters, options=NoOptions),
        Component(name="counts", summary="how often each letter occurs", factory=make_counts, options=NoOptions),
        Component(name="primes", summary="the product of one prime a letter", factory=make_primes, options=NoOptions),
    ]


@hookimpl
def anagram_register_lexicons() -> Sequence[ComponentOf[Lexicon]]:
    return [
        Component(name="gcide", summary="113,903 English words (GNU)", factory=GcideLexicon, options=NoOptions),
        Component(name="web2", summary="234,450 English words (Webster)", factory=Web2Lexicon, options=NoOptions),
        Component(name="system", summary="/usr/share/dict/words", factory=SystemLexicon, options=NoOptions),
        Component(name="file", summary="file:PATH, one word a line", factory=FileLexicon, options=FileLexiconOptions),
    ]


@hookimpl
def anagram_register_retry_policies() -> Sequence[ComponentOf[RetryPolicy]]:
    return [
        Component(name="none", summary="one attempt, no retry", factory=NoRetry, options=NoOptions),
        Component(name="fixed", summary="the same delay each time", factory=FixedPolicy, options=FixedOptions),
        Component(
            name="exponential",
            summary="random delays below a growing bound",
            factory=ExponentialPolicy,
            options=ExponentialOptions,
        ),
    ]


@hookimpl
def anagram_register_orchestrators() -> Sequence[ComponentOf[Orchestrator]]:
    return [
        Component(
            name="sequential",
            summary="one attempt after the other, in the calling thread",
            factory=SequentialOrchestrator,
            options=NoOptions,
            capabilities=Capabilities(announces_start=True, runs_in_caller=True),
        ),
        Component(
            name="auto",
            summary="begins with sequential, and continues with what is predicted to be best",
            factory=_auto,
            options=NoOptions,
            capabilities=Capabilities(announces_start=True, runs_in_caller=True, chooses=True),
        ),
    ]


def _auto(options: NoOptions) -> Orchestrator:
    from pipeline_optimization.foresight.auto import AutoOrchestrator  # noqa: PLC0415 - most runs name their orchestrator

    return AutoOrchestrator(options)


@hookimpl
def anagram_register_pipelines() -> Sequence[ComponentOf[RunnablePipeline]]:
    return [
        Component(
            name="anagrams",
            summary="counts the dictionary anagrams of words; the default of every command",
            factory=_refuse,
            options=NoOptions,
        )
    ]


@hookimpl
def anagram_register_sinks() -> Sequence[ComponentOf[Sink]]:
    return [
        Component(name="ndjson", summary="a file with a line of JSON a row", factory=make_ndjson, options=FileOptions),
        Component(name="csv", summary="a file of comma-separated values", factory=make_csv, options=FileOptions),
        Component(name="json", summary="a file with one JSON array", factory=make_json, options=FileOptions),
        Component(name="parquet", summary="a Parquet file of records", factory=make_parquet, options=FileOptions),
    ]


def _refuse(options: NoOptions) -> RunnablePipeline:
    """Refuse to make a pipeline of steps, because anagrams are counted by kernels of their own."""
    raise UsageError("The pipeline 'anagrams' is run by count_anagrams() and by commands without --pipeline.")


@hookimpl
def anagram_register_fault_profiles() -> Sequence[ComponentOf[FaultProfile]]:
    summaries = {
        "exercise": "what each task declares itself",
        "heavy": "twice the failures and the times that tasks declare",
        "latency": "the times that tasks declare, without failures",
        "none": "nothing is simulated",
        "tail": "as latency; 3 % of calls take twenty times as long",
    }
    return [
        Component(name=name, summary=summary, factory=partial(_fault_profile, name), options=NoOptions)
        for name, summary in summaries.items()
    ]


def _fault_profile(name: str, options: NoOptions) -> FaultProfile:
    from pipeline_optimization.engine.profiles import PROFILES  # noqa: PLC0415 - most runs simulate nothing

    return PROFILES[name]


@hookimpl(trylast=True)
def anagram_counting_kernel(tokenizer: str, signature: str, lexicon: str) -> KernelOffer:
    from pipeline_optimization.counting.kernel import ExerciseKernel, GenericKernel  # noqa: PLC0415 - users' pipelines have none

    if tokenizer == "exercise":
        return KernelOffer(name="python", summary="bulk operations on bytes", factory=ExerciseKernel)
    return KernelOffer(name="python-generic", summary="decoded text, any tokenizer", factory=GenericKernel)
