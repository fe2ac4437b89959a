"""The contract: every hook that the core calls.

Write an implementation as a plain function of the same name in the plugin's module, marked with ``hookimpl``::

    from pipeline_optimization.hookspecs import hookimpl
    from pipeline_optimization.types import Component, ComponentOf, NoOptions, Tokenizer

    @hookimpl
    def anagram_register_tokenizers() -> Sequence[ComponentOf[Tokenizer]]:
        return [Component(name="lines", summary="...", factory=LinesTokenizer, options=NoOptions)]

and name the module in the distribution's metadata::

    [project.entry-points.anagram]
    lines = "anagram_plugin_lines"

A plugin that observes names its module in the group ``anagram_observer``, which every run imports, and one with a counting
kernel in ``anagram_kernel``.

Every hook is called in the parent process only; none runs in a worker. Arguments are passed by name, and an
implementation may leave out those that it does not need. Each docstring ends with the version since which its hook exists.

A hook that is to go is declared with ``hookspec(warn_on_impl=DeprecationWarning("... use anagram_other, since 0.4.0"))`` for
one minor version at least, and an argument with ``warn_on_impl_args``: whoever implements it is warned when the plugin is
imported, and everything still works.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline_optimization.types import (
        AttemptEnded,
        CheckpointSaved,
        ComponentOf,
        FaultProfile,
        ItemFinished,
        KernelOffer,
        Lexicon,
        Orchestrator,
        RetryPolicy,
        RunFinished,
        RunnablePipeline,
        RunStarted,
        Signature,
        Sink,
        TaskFailed,
        TaskLogged,
        TaskRetried,
        Tokenizer,
        WorkerLost,
        WorkerSeen,
    )

__all__ = ["PROJECT", "hookimpl", "hookspec"]

PROJECT = "anagram"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def anagram_register_tokenizers() -> Sequence[ComponentOf[Tokenizer]]:
    """Return the tokenizers that the plugin offers.

    Called once in each registry, when the plugin is imported. A tokenizer is built in the parent and again in every worker
    process. One that finds words by what stands around them has a method ``spell`` too: ``types.Speller``.

    Example: ``[Component(name="exercise", summary="...", factory=ExerciseTokenizer, options=NoOptions)]``.

    Since 0.1.0.
    """
    return ()


@hookspec
def anagram_register_signatures() -> Sequence[ComponentOf[Signature]]:
    """Return the signature functions that the plugin offers.

    Called once in each registry, when the plugin is imported. A signature is equal for two words exactly if they are
    anagrams; one of another relation declares it by ``relation``. It is built in the parent and again in every worker
    process.

    Example: ``[Component(name="letters", summary="...", factory=Letters, options=NoOptions)]``, or
    ``[Component(name="soundex", summary="...", factory=Soundex, options=NoOptions, relation="phonetic")]``.

    Since 0.1.0.
    """
    return ()


@hookspec
def anagram_register_lexicons() -> Sequence[ComponentOf[Lexicon]]:
    """Return the lexicons that the plugin offers.

    Called once in each registry, when the plugin is imported. The words are read only when no cached index fits the
    lexicon's identity.

    Example: ``[Component(name="file", summary="...", factory=FileLexicon, options=FileLexiconOptions)]``.

    Since 0.1.0.
    """
    return ()


@hookspec
def anagram_register_retry_policies() -> Sequence[ComponentOf[RetryPolicy]]:
    """Return the retry policies that the plugin offers.

    Called once in each registry, when the plugin is imported. A policy lives in the parent; the engine asks it for delays
    and waits.

    Example: ``[Component(name="fixed", summary="...", factory=FixedPolicy, options=FixedOptions)]``.

    Since 0.1.0.
    """
    return ()


@hookspec
def anagram_register_orchestrators() -> Sequence[ComponentOf[Orchestrator]]:
    """Return the orchestrators that the plugin offers.

    Called once in each registry, when the plugin is imported. Import the engine behind it inside the factory.

    Example: ``[Component(name="threaded", summary="...", factory=make, options=Options, capabilities=...)]``.

    Since 0.1.0.
    """
    return ()


@hookspec
def anagram_register_pipelines() -> Sequence[ComponentOf[RunnablePipeline]]:
    """Return the pipelines that the plugin offers.

    Called once in each registry, when the plugin is imported. ``anagram run --pipeline NAME`` runs one; its options are
    ``-o pipeline.KEY=VALUE``. The factory is called once a run, in the parent; workers import the functions of the steps by name, so
    define them at the top level of a module of the plugin.

    Example: ``[Component(name="status-by-hour", summary="...", factory=make, options=Options)]``, where ``make`` returns
    ``Pipeline("status-by-hour").lines().map(parse).count()``.

    Since 0.1.0.
    """
    return ()


@hookspec
def anagram_register_sinks() -> Sequence[ComponentOf[Sink]]:
    """Return the sinks that the plugin offers, which take the rows of a pipeline's result.

    Called once in each registry, when the plugin is imported. ``anagram run --pipeline NAME --sink NAME`` delivers to one; its options
    are ``-o sink.KEY=VALUE``. The factory is called once a run, in the parent, before anything runs: check the options there, and connect
    in ``open``. Import what is heavy inside the factory.

    Example: ``[Component(name="sql", summary="...", factory=SqlSink, options=SqlOptions)]``.

    Since 0.1.0.
    """
    return ()


@hookspec
def anagram_register_fault_profiles() -> Sequence[ComponentOf[FaultProfile]]:
    """Return the fault profiles that the plugin offers.

    Called once in each registry, when the plugin is imported. ``--faults NAME`` simulates one: the factory is called once a run, in
    the parent, and returns a ``types.FaultProfile``.

    Example: ``[Component(name="slow-store", summary="...", factory=make, options=NoOptions)]``, where ``make`` returns
    ``FaultProfile(times=1.0, tasks={"fetch": TaskProfile(failure_rate=0.02)})``.

    Since 0.1.0.
    """
    return ()


@hookspec
def anagram_counting_kernel(tokenizer: str, signature: str, lexicon: str) -> KernelOffer | None:
    """Return a kernel that is exact for this combination of component names, or None.

    Called once a run that looks for a kernel. Of all offers the first is taken that the input is large enough for, or the
    one that the user named; the core's pure Python kernel comes last and fits every combination. Kernels count only where
    stages neither wait nor fail.

    Example: ``KernelOffer(name="numba", summary="...", factory=make, worth_from_bytes=20_000_000)``.

    Args:
        tokenizer: The name of the run's tokenizer.
        signature: The name of its signature.
        lexicon: The name of its lexicon, without a value such as a path.

    Since 0.1.0.
    """


@hookspec
def anagram_wants_events() -> bool:
    """Return whether the plugin wants to be told of a run that begins now; a plugin without this hook is told of every run.

    Called before each run, several times. Implement it if the environment or a setting says whether the plugin observes: nobody pays for events
    that nobody wants. A plugin whose hook raises is not told of the run, whose warnings say so.

    Since 0.1.0.
    """
    return True


@hookspec
def anagram_run_started(event: RunStarted) -> None:
    """Observe that a run begins, before its first attempt.

    Called once a run. An observer that raises is reported in the run's warnings, and not called again in it.

    Args:
        event: The run's id, its orchestrator with its slots, and its seed.

    Since 0.1.0.
    """


@hookspec
def anagram_worker_seen(event: WorkerSeen) -> None:
    """Observe that a worker is at work.

    Called when a worker has answered for the first time, before the event of that attempt.

    Args:
        event: The worker's name: a pid, a thread, an address.

    Since 0.1.0.
    """


@hookspec
def anagram_worker_lost(event: WorkerLost) -> None:
    """Observe that a worker died with an attempt.

    Called where workers can die without the run, and where the orchestrator knows which worker it was.

    Args:
        event: The worker's name, and what is known of its death.

    Since 0.1.0.
    """


@hookspec
def anagram_attempt_ended(event: AttemptEnded) -> None:
    """Observe an attempt with its full life, once it is decided what follows for its item.

    Called exactly once for each attempt that was handed out, unless it was called off before it began, and for each element that
    failed among others. It may be called often: an observer that implements it should be fast.

    Args:
        event: The item, when the attempt was handed out, began, ended and came back, its worker and slot, and its outcome.

    Since 0.1.0.
    """


@hookspec
def anagram_task_failed(event: TaskFailed) -> None:
    """Observe that an attempt ended in an error, or was lost with its worker.

    Called after the attempt and before anything is decided about another one.

    Args:
        event: The item and its task, the attempt's number, the error as data, and the worker.

    Since 0.1.0.
    """


@hookspec
def anagram_task_retried(event: TaskRetried) -> None:
    """Observe that a failed or lost attempt will be made again.

    Called after ``anagram_task_failed``, when the delay begins and not when it is over.

    Args:
        event: The item and its task, the number of the attempt to come, and the delay in seconds.

    Since 0.1.0.
    """


@hookspec
def anagram_item_finished(event: ItemFinished) -> None:
    """Observe that an item reached its end.

    Called exactly once for each item of a run that is not interrupted.

    Args:
        event: The item and its task, how many attempts were made, how it ended, and the last worker.

    Since 0.1.0.
    """


@hookspec
def anagram_checkpoint_saved(event: CheckpointSaved) -> None:
    """Observe that results of finished items are safe in the checkpoint.

    Called each time that results were committed, if the run keeps a checkpoint.

    Args:
        event: The checkpoint's path, and how many items are safe in it.

    Since 0.1.0.
    """


@hookspec
def anagram_task_logged(event: TaskLogged) -> None:
    """Observe that a task's own code has logged a record through ``logging``, in a worker of any orchestrator.

    Called when the attempt has come back, for each record that some handler of this process takes: by default for warnings and errors. What an
    attempt logs that is lost with its worker is lost, too.

    Args:
        event: The level, the logger and the message, and the item, the attempt and the worker.

    Since 0.1.0.
    """


@hookspec
def anagram_run_finished(event: RunFinished) -> None:
    """Observe that a run ended.

    Called exactly once for each run that started, also after Ctrl-C and after an error.

    Args:
        event: Whether the run is complete, and whether it was interrupted.

    Since 0.1.0.
    """
