"""The library's front door."""

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

    ``source`` is the text itself (a string), a path, a binary file object, or a sequence of paths. The path of a directory stands
    for the text files below it, without hidden ones. A string that is the
    name of a file is a text all the same, with a warning. ``chunk_size`` is
    in bytes, ``encoding`` is that of files and streams (UTF-16 or UTF-32 with a byte order mark needs none), ``faults`` is the
    name of a fault profile, the path of a TOML file, a ``FaultProfile``, or a dictionary like such a file; ``latency_scale`` multiplies its
    times (by default 0.05 for the project's own profiles, 1 for others), and ``seed`` is drawn where it is None.
    ``limits`` bounds times and failures. ``checkpoint`` keeps finished items in that file, and with ``resume`` those
    that it has are not run again, nor those that failed for good, unless ``retries_failed``; ``accept_changed_code`` goes
    on though the code of a component has changed since.
    ``events`` is a file, or a descriptor such as ``fd:3``, that gets the run's events as lines of JSON while it goes on. Of more attempts than
    ``events_limit`` only a share is written. With ``account`` the report tells where the time of the slots went (``report.account``).
    ``should_stop`` is asked again and again, at least four times a second while attempts only wait; once it returns True, the
    run is stopped as by a Ctrl-C, and the partial report is returned. Use it where Ctrl-C does not reach, as in a thread.
    ``kernel`` is the counting kernel; ``auto`` takes a compiled one where the input is known to be large enough to pay.

    Returns the report; ``report.is_complete`` is False where items failed for good, or a limit or a failure stopped the
    run (``report.stop``). Raises UsageError for unknown
    names and wrong options, CheckpointError where the checkpoint is of another run or cannot be used, InputError where
    the source cannot be read, LexiconError, PluginError, OrchestratorError, and RunInterrupted, a KeyboardInterrupt
    that carries the partial report.
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
