"""The contract: every hook that the core calls.

Write an implementation as a plain function of the same name in the plugin's module, marked with ``hookimpl``::

    from pipeline_optimization.hookspecs import hookimpl
    from pipeline_optimization.types import Component, NoOptions

    @hookimpl
    def anagram_register_tokenizers():
        return [Component(name="lines", summary="...", factory=LinesTokenizer, options=NoOptions)]

and name the module in the distribution's metadata::

    [project.entry-points.anagram]
    lines = "anagram_plugin_lines"

Every hook is called in the parent process only; none runs in a worker. Arguments are passed by name, and an
implementation may leave out those that it does not need. All hooks exist since version 0.1.0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pluggy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline_optimization.types import (
        CheckpointSaved,
        Component,
        ItemFinished,
        KernelOffer,
        Lexicon,
        Orchestrator,
        RetryPolicy,
        RunFinished,
        RunStarted,
        Signature,
        TaskFailed,
        TaskRetried,
        Tokenizer,
    )

__all__ = ["PROJECT", "hookimpl", "hookspec"]

PROJECT = "anagram"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def anagram_register_tokenizers() -> Sequence[Component[Any, Tokenizer]]:
    """Return the tokenizers that the plugin offers.

    Called once, when a registry is built. A tokenizer is built in the parent and again in every worker process.
    Example: ``[Component(name="exercise", summary="...", factory=ExerciseTokenizer, options=NoOptions)]``.
    """
    return ()


@hookspec
def anagram_register_signatures() -> Sequence[Component[Any, Signature]]:
    """Return the signature functions that the plugin offers.

    Called once, when a registry is built. A signature is equal for two words exactly if they are anagrams.
    Example: ``[Component(name="letters", summary="...", factory=Letters, options=NoOptions)]``.
    """
    return ()


@hookspec
def anagram_register_lexicons() -> Sequence[Component[Any, Lexicon]]:
    """Return the lexicons that the plugin offers.

    Called once, when a registry is built; the words are read only when no cached index fits the lexicon's identity.
    Example: ``[Component(name="file", summary="...", factory=FileLexicon, options=FileLexiconOptions)]``.
    """
    return ()


@hookspec
def anagram_register_retry_policies() -> Sequence[Component[Any, RetryPolicy]]:
    """Return the retry policies that the plugin offers.

    Called once, when a registry is built. A policy lives in the parent; the engine asks it for delays and waits.
    Example: ``[Component(name="fixed", summary="...", factory=fixed_policy, options=FixedOptions)]``.
    """
    return ()


@hookspec
def anagram_register_orchestrators() -> Sequence[Component[Any, Orchestrator]]:
    """Return the orchestrators that the plugin offers.

    Called once, when a registry is built. Import the engine behind it inside the factory.
    Example: ``[Component(name="threaded", summary="...", factory=make, options=Options, capabilities=...)]``.
    """
    return ()


@hookspec
def anagram_counting_kernel(tokenizer: str, signature: str, lexicon: str) -> KernelOffer | None:
    """Return a kernel that is exact for this combination of component names, or None.

    Called once a run, in the parent. Of all offers the first is taken that the input is large enough for, or the one
    that the user named; the core's pure Python kernel comes last and fits every combination. Kernels count only where
    stages neither wait nor fail. Example: ``KernelOffer(name="numba", summary="...", factory=make)``.
    """


@hookspec
def anagram_run_started(event: RunStarted) -> None:
    """Observe that a run begins, before its first attempt."""


@hookspec
def anagram_task_failed(event: TaskFailed) -> None:
    """Observe that an attempt ended in an error, or was lost with its worker."""


@hookspec
def anagram_task_retried(event: TaskRetried) -> None:
    """Observe that a failed or lost attempt will be made again."""


@hookspec
def anagram_item_finished(event: ItemFinished) -> None:
    """Observe that an item reached its end; called exactly once for each item."""


@hookspec
def anagram_checkpoint_saved(event: CheckpointSaved) -> None:
    """Observe that results of finished items are safe in the checkpoint, if the run keeps one."""


@hookspec
def anagram_run_finished(event: RunFinished) -> None:
    """Observe that a run ended; called exactly once for each run that started, also after Ctrl-C."""
