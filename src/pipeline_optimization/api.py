"""The library's front door."""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from os import PathLike, fspath
from typing import BinaryIO, cast

from pipeline_optimization.anagrams.plan import AUTO, AnagramOptions, make_plan
from pipeline_optimization.anagrams.report import RunReport
from pipeline_optimization.engine.faults import DEFAULT_LATENCY_SCALE
from pipeline_optimization.engine.limits import Limits
from pipeline_optimization.errors import InputError, RunInterrupted
from pipeline_optimization.pipeline.plan import DEFAULT_CHUNK_SIZE
from pipeline_optimization.pipeline.run import Progress, execute
from pipeline_optimization.registry import Registry
from pipeline_optimization.sources import UTF_8, Source, StreamSource, TextSource, is_file_name, least_bytes
from pipeline_optimization.types import Orchestrator

__all__ = ["NO_OPTIONS", "Countable", "count_anagrams", "count_with", "sources_of"]

Countable = str | PathLike[str] | BinaryIO | Source | Sequence[PathLike[str] | Source]

NO_OPTIONS: Mapping[str, object] = {}


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
    faults: str = "none",
    latency_scale: float = DEFAULT_LATENCY_SCALE,
    seed: int | None = None,
    case: str = "",
    chunk_size: int = DEFAULT_CHUNK_SIZE,
    encoding: str = UTF_8,
    limits: Limits | None = None,
    checkpoint: str | PathLike[str] | None = None,
    resume: bool = False,
    retries_failed: bool = False,
    registry: Registry | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> RunReport:
    """Count, for each dictionary anagram of a text's words, how often it occurs.

    ``source`` is the text itself (a string), a path, a binary file object, or a sequence of paths. The path of a directory stands
    for the text files below it, without hidden ones. A string that is the
    name of a file is a text all the same, with a warning. ``chunk_size`` is
    in bytes, ``encoding`` is that of files and streams (UTF-16 or UTF-32 with a byte order mark needs none), ``latency_scale``
    multiplies the simulated times of ``faults``, and ``seed`` is drawn where it is None.
    ``limits`` bounds times and failures. ``checkpoint`` keeps finished items in that file, and with ``resume`` those
    that it has are not run again, nor those that failed for good, unless ``retries_failed``.
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
    sources = sources_of(source, checkpoint=options.checkpoint)
    plan = make_plan(registry, options, least_bytes=least_bytes(sources))
    report = execute(plan, sources, registry, on_progress=on_progress, should_stop=should_stop, began=began)
    if report.is_interrupted:
        raise RunInterrupted(report)
    return report


def sources_of(source: Countable, *, checkpoint: str | None = None) -> list[Source]:
    """Return the sources that a caller named. Raises InputError for what is none.

    Args:
        source: What was named. The path of a directory stands for the text files below it.
        checkpoint: The run's own, which no directory has.
    """
    if isinstance(source, str):
        _warn_of_a_name(source)
        return [TextSource(source)]
    if isinstance(source, PathLike):
        from pipeline_optimization.sources import FileSource  # noqa: PLC0415 - a text needs it not

        path = fspath(source)
        file = FileSource.at(path)
        if file.known_size is None and os.path.isdir(path):  # a file that is known is not looked at again
            from pipeline_optimization.sources import checkpoint_files, expand_inputs  # noqa: PLC0415 - as above

            return expand_inputs([path], without=[] if checkpoint is None else checkpoint_files(checkpoint))
        return [file]
    if isinstance(source, Sequence) and not hasattr(source, "decode"):
        return [part for one in source for part in sources_of(_part(one), checkpoint=checkpoint)]
    if hasattr(source, "open"):
        return [cast("Source", source)]
    if hasattr(source, "read"):
        return [StreamSource(cast("BinaryIO", source), name=str(getattr(source, "name", "stream")))]
    raise _uncountable(source)


def _part(one: object) -> PathLike[str] | Source:
    """Return what stands in a list. Raises InputError for a string, which may be meant as a text or as a path."""
    if isinstance(one, str):
        raise InputError(
            f"A list has paths, not strings such as {one[:80]!r}. For files make each a pathlib.Path; for texts join "
            'them: " ".join(texts).',
            source=one[:80],
        )
    return cast("PathLike[str] | Source", one)


def _warn_of_a_name(text: str) -> None:
    """Warn if a text is the name of a file, which its caller may have meant."""
    if not is_file_name(text):
        return
    warnings.warn(
        f"The text {text!r} is counted itself, not the file of that name. For the file: "
        f"count_anagrams(pathlib.Path({text!r})). For the text, without this warning: count_anagrams(TextSource({text!r})).",
        stacklevel=5,
    )


def _uncountable(source: object) -> InputError:
    return InputError(
        f"Cannot count {type(source).__name__}. Give a string of text, a pathlib.Path, an open binary file, or a list "
        "of paths.",
        source=repr(source)[:80],
    )
