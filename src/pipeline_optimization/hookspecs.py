"""The contract between the core and plugins: every hook that the core calls.

To implement a hook, write a plain function of the same name in the plugin's module, and mark it with ``hookimpl``::

    from pipeline_optimization.hookspecs import hookimpl
    from pipeline_optimization.types import Component, ComponentOf, NoOptions, Tokenizer

    @hookimpl
    def anagram_register_tokenizers() -> Sequence[ComponentOf[Tokenizer]]:
        return [Component(name="lines", summary="...", factory=LinesTokenizer, options=NoOptions)]

and name the module in the distribution's metadata::

    [project.entry-points.anagram]
    lines = "anagram_plugin_lines"

If the plugin observes runs, name its module in the group ``anagram_observer``: every run imports the modules of this group. If it has a
counting kernel, name it in ``anagram_kernel``.

All hooks are called in the parent process, none in a worker. Arguments are passed by name, and an implementation may leave out those that it
does not need. Each docstring ends with the version since which its hook exists.

Before a hook is removed, it is declared with ``hookspec(warn_on_impl=DeprecationWarning("... use anagram_other, since 0.4.0"))`` for
one minor version at least, and an argument with ``warn_on_impl_args``. A plugin that implements it still works, and its import gives a warning.
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
    process. If it finds words by the text around them, it has a method ``spell``, too: ``types.Speller``.

    Example: ``[Component(name="exercise", summary="...", factory=ExerciseTokenizer, options=NoOptions)]``.

    Since 0.1.0.
    """
    return ()


@hookspec
def anagram_register_signatures() -> Sequence[ComponentOf[Signature]]:
    """Return the signature functions that the plugin offers.

    Called once in each registry, when the plugin is imported. Two words must have equal signatures exactly if they are anagrams. If a
    signature stands for another relation between words, its component says so by ``relation``. A signature is built in the parent and
    again in every worker process.

    Example: ``[Component(name="letters", summary="...", factory=Letters, options=NoOptions)]``, or
    ``[Component(name="soundex", summary="...", factory=Soundex, options=NoOptions, relation="phonetic")]``.

    Since 0.1.0.
    """
    return ()


@hookspec
def anagram_register_lexicons() -> Sequence[ComponentOf[Lexicon]]:
    """Return the lexicons that the plugin offers.

    Called once in each registry, when the plugin is imported. The words are read only if the cache has no index for the
    lexicon's identity.

    Example: ``[Component(name="file", summary="...", factory=FileLexicon, options=FileLexiconOptions)]``.

    Since 0.1.0.
    """
    return ()


@hookspec
def anagram_register_retry_policies() -> Sequence[ComponentOf[RetryPolicy]]:
    """Return the retry policies that the plugin offers.

    Called once in each registry, when the plugin is imported. A policy is used in the parent only: the engine asks it for delays, and
    waits itself.

    Example: ``[Component(name="fixed", summary="...", factory=FixedPolicy, options=FixedOptions)]``.

    Since 0.1.0.
    """
    return ()


@hookspec
def anagram_register_orchestrators() -> Sequence[ComponentOf[Orchestrator]]:
    """Return the orchestrators that the plugin offers.

    Called once in each registry, when the plugin is imported. Import the libraries that an orchestrator uses inside its factory, so that
    only runs with this orchestrator load them.

    Example: ``[Component(name="threaded", summary="...", factory=make, options=Options, capabilities=...)]``.

    Since 0.1.0.
    """
    return ()


@hookspec
def anagram_register_pipelines() -> Sequence[ComponentOf[RunnablePipeline]]:
    """Return the pipelines that the plugin offers.

    Called once in each registry, when the plugin is imported. ``anagram run --pipeline NAME`` runs one; its options are
    ``-o pipeline.KEY=VALUE``. The factory is called once in each run, in the parent. Workers import the functions of the steps by name, so
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
    are ``-o sink.KEY=VALUE``. The factory is called once in each run, in the parent, before anything runs. Check the options in the
    factory, and connect in ``open``. Import large libraries inside the factory.

    Example: ``[Component(name="sql", summary="...", factory=SqlSink, options=SqlOptions)]``.

    Since 0.1.0.
    """
    return ()


@hookspec
def anagram_register_fault_profiles() -> Sequence[ComponentOf[FaultProfile]]:
    """Return the fault profiles that the plugin offers.

    Called once in each registry, when the plugin is imported. ``--faults NAME`` simulates one. The factory is called once in each run, in
    the parent, and returns a ``types.FaultProfile``.

    Example: ``[Component(name="slow-store", summary="...", factory=make, options=NoOptions)]``, where ``make`` returns
    ``FaultProfile(times=1.0, tasks={"fetch": TaskProfile(failure_rate=0.02)})``.

    Since 0.1.0.
    """
    return ()


@hookspec
def anagram_counting_kernel(tokenizer: str, signature: str, lexicon: str) -> KernelOffer | None:
    """Return a kernel that counts exactly for this combination of component names, or None.

    Called once in each run that looks for a kernel. The run takes the first offer for which its input is large enough, unless the
    user named a kernel. The core's own kernel in pure Python comes last; it fits every combination and every size. A run uses kernels only
    if no faults are simulated, since a kernel has no calls that could wait or fail.

    Example: ``KernelOffer(name="numba", summary="...", factory=make, worth_from_bytes=20_000_000)``.

    Args:
        tokenizer: The name of the run's tokenizer.
        signature: The name of the run's signature.
        lexicon: The name of the run's lexicon, without a value such as a path.

    Since 0.1.0.
    """


@hookspec
def anagram_wants_events() -> bool:
    """Return whether the plugin wants the events of a run that begins now. A plugin without this hook gets the events of every run.

    Called several times before each run. Implement it if the environment or a setting decides whether the plugin observes. Events that no
    plugin wants are not made, and cost nothing. If the hook raises, the plugin gets no events of the run, and the run's warnings say so.

    Since 0.1.0.
    """
    return True


@hookspec
def anagram_run_started(event: RunStarted) -> None:
    """Observe that a run begins, before its first attempt.

    Called once in each run. If an observer raises, the run's warnings say so, and it is not called again in this run.

    Args:
        event: The run's id, its orchestrator with its slots, and its seed.

    Since 0.1.0.
    """


@hookspec
def anagram_worker_seen(event: WorkerSeen) -> None:
    """Observe that a worker has begun to work.

    Called when a worker has answered for the first time, before the event of the attempt that it answered.

    Args:
        event: The worker's name: a pid, a thread, an address.

    Since 0.1.0.
    """


@hookspec
def anagram_worker_lost(event: WorkerLost) -> None:
    """Observe that a worker died with an attempt.

    Called if the run outlives its workers, and the orchestrator knows which worker died.

    Args:
        event: The worker's name, and what is known of its death.

    Since 0.1.0.
    """


@hookspec
def anagram_attempt_ended(event: AttemptEnded) -> None:
    """Observe that an attempt is over, with all its times and with what follows for its item.

    Called exactly once for each attempt that was handed out, unless it was cancelled before it began, and once for each element that
    failed inside a bundle. There may be thousands of calls a second, so an observer that implements this hook should be fast.

    Args:
        event: The item, when the attempt was handed out, began, ended and came back, its worker and slot, and its outcome.

    Since 0.1.0.
    """


@hookspec
def anagram_task_failed(event: TaskFailed) -> None:
    """Observe that an attempt ended in an error, or was lost with its worker.

    Called when the attempt is over, before it is decided whether the item is tried again.

    Args:
        event: The item and its task, the attempt's number, the error as data, and the worker.

    Since 0.1.0.
    """


@hookspec
def anagram_task_retried(event: TaskRetried) -> None:
    """Observe that a failed or lost attempt will be made again.

    Called after ``anagram_task_failed``, at the begin of the delay and not at its end.

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
    """Observe that results of finished items are stored in the checkpoint, so that a crash cannot lose them.

    Called after each commit of results, if the run keeps a checkpoint.

    Args:
        event: The checkpoint's path, and how many items are stored in it.

    Since 0.1.0.
    """


@hookspec
def anagram_task_logged(event: TaskLogged) -> None:
    """Observe that the code of a task has logged a record with ``logging``, in a worker of any orchestrator.

    Called when the attempt has come back, for each record that a handler of this process takes: by default for warnings and errors. If an
    attempt is lost with its worker, its records are lost, too.

    Args:
        event: The level, the logger and the message, and the item, the attempt and the worker.

    Since 0.1.0.
    """


@hookspec
def anagram_run_finished(event: RunFinished) -> None:
    """Observe that a run ended.

    Called exactly once for each run that started, also after a Ctrl-C and after an error.

    Args:
        event: Whether the run is complete, and whether it was interrupted.

    Since 0.1.0.
    """
