"""Counting anagrams from Python: ``count_anagrams``."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from os import PathLike
from typing import TYPE_CHECKING, Any

from pipeline_optimization.anagrams.plan import AUTO, AnagramOptions, make_plan
from pipeline_optimization.anagrams.report import RunReport
from pipeline_optimization.engine.limits import Limits
from pipeline_optimization.errors import RunInterrupted
from pipeline_optimization.pipeline.plan import DEFAULT_CHUNK_SIZE, DEFAULT_EVENTS_LIMIT, NO_OPTIONS
from pipeline_optimization.pipeline.run import Progress, execute
from pipeline_optimization.registry import Registry
from pipeline_optimization.sources import UTF_8, Countable, least_bytes, sources_of
from pipeline_optimization.types import Orchestrator

if TYPE_CHECKING:
    from pipeline_optimization.types import FaultProfile

__all__ = ["NO_OPTIONS", "Countable", "count_anagrams", "count_with"]


def count_anagrams(
    source: Countable,
    *,
    orchestrator: str | Orchestrator = "sequential",
    tokenizer: str = "exercise",
    signature: str = "letters",
    retry: str = "exponential",
    lexicon: str = "gcide",
    kernel: str = AUTO,
    orchestrator_options: Mapping[str, object] = NO_OPTIONS,
    tokenizer_options: Mapping[str, object] = NO_OPTIONS,
    signature_options: Mapping[str, object] = NO_OPTIONS,
    retry_options: Mapping[str, object] = NO_OPTIONS,
    lexicon_options: Mapping[str, object] = NO_OPTIONS,
    faults: str | FaultProfile | Mapping[str, Any] = "none",
    latency_scale: float | None = None,
    seed: int | None = None,
    case: str = "",
    chunk_size: int = DEFAULT_CHUNK_SIZE,
    encoding: str = UTF_8,
    limits: Limits | None = None,
    checkpoint: str | PathLike[str] | None = None,
    resume: bool = False,
    retries_failed: bool = False,
    accept_changed_code: bool = False,
    events: str | PathLike[str] | None = None,
    events_limit: int = DEFAULT_EVENTS_LIMIT,
    account: bool = False,
    registry: Registry | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> RunReport:
    """Count, for each dictionary anagram of a text's words, how often it occurs.

    Args:
        source: The text itself (a string), a path, an open binary file, or a sequence of paths. The path of a directory stands for the text files
            below it, without hidden ones. A string that is the name of a file is still counted as a text, with a warning.
        orchestrator: The name of an installed orchestrator, or an orchestrator object.
        tokenizer: The name of the tokenizer, which turns the text into words.
        signature: The name of the signature. Words with equal signatures belong together.
        retry: The name of the policy by which failed items are tried again.
        lexicon: The name of the lexicon, the source of dictionary words.
        kernel: The name of the counting kernel. ``"auto"`` takes a compiled kernel if the input is known to be large enough for it to pay.
        orchestrator_options: Options of the orchestrator, such as ``{"workers": 4}``.
        tokenizer_options: Options of the tokenizer.
        signature_options: Options of the signature.
        retry_options: Options of the retry policy.
        lexicon_options: Options of the lexicon.
        faults: The fault profile, by which the stages wait and fail: the name of one, the path of a TOML file, a ``FaultProfile``, or a dictionary of
            the same form as a file. ``"none"`` injects nothing.
        latency_scale: Multiplies every simulated time. The default is 0.05 for the project's own profiles, and 1 for others.
        seed: Seeds the simulated waits and failures. If it is None, the run draws one and reports it.
        case: A name that keeps the draws of this input apart from those of other inputs.
        chunk_size: Bytes of input in one item, about.
        encoding: The encoding of files and streams. UTF-16 and UTF-32 with a byte order mark are recognised without it.
        limits: Limits on times and failures.
        checkpoint: A file in which the run keeps finished items.
        resume: Go on with the run of the checkpoint, without running finished items again. If the file does not exist yet, the run starts.
        retries_failed: With ``resume``, try items again that failed for good.
        accept_changed_code: With ``resume``, go on although the code of a component has changed. Finished items stay as they are.
        events: A file, or a descriptor such as ``"fd:3"``, to which the run writes its events as lines of JSON while it goes on.
        events_limit: The number of attempts after which only a share of them is written to ``events``.
        account: Whether the report tells where the time of the slots went (``report.account``).
        registry: The plugins. If it is None, all installed plugins.
        on_progress: Called again and again while the run goes on, with the progress so far.
        should_stop: Asked at least four times a second while attempts only wait. Once it returns True, the run stops as at a Ctrl-C, and the partial
            report is returned. Use it where Ctrl-C does not reach, as in a thread.

    Returns:
        The report. ``report.is_complete`` is False if items failed for good, or if a limit or a failure stopped the run (``report.stop``).

    Raises:
        UsageError: For unknown names and wrong options.
        CheckpointError: If the checkpoint belongs to another run, or cannot be used.
        InputError: If the source cannot be read.
        LexiconError: If the lexicon cannot be loaded.
        PluginError: If a chosen plugin is broken.
        OrchestratorError: If the orchestrator breaks its contract, or its workers cannot start.
        RunInterrupted: At a Ctrl-C. It is a KeyboardInterrupt that carries the partial report.
    """
    options = AnagramOptions.called(locals())
    return count_with(options, source, registry=registry, on_progress=on_progress, should_stop=should_stop)


def count_with(
    options: AnagramOptions,
    source: Countable,
    *,
    registry: Registry | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> RunReport:
    """Count as ``count_anagrams`` does, with its options in one record."""
    began = time.monotonic()
    registry = registry or Registry.load()
    sources = sources_of(source, checkpoint=options.checkpoint, call="count_anagrams({})", frames=2)
    plan = make_plan(registry, options, least_bytes=least_bytes(sources))
    report = execute(plan, sources, registry, on_progress=on_progress, should_stop=should_stop, began=began)
    if report.is_interrupted:
        raise RunInterrupted(report)
    return report
