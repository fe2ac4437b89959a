"""Reads stored results: of finished comparisons, and of interrupted ones."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from attrs import evolve

from pipeline_optimization.benchmarks.documents import results_from_file
from pipeline_optimization.benchmarks.methods import describe_methods
from pipeline_optimization.benchmarks.partial import Header, read_partial
from pipeline_optimization.benchmarks.results import CaseRecord, ContenderRecord, Results, RunRecord, Sample
from pipeline_optimization.benchmarks.retries import with_retries
from pipeline_optimization.benchmarks.statistics.summary import summarise
from pipeline_optimization.errors import UsageError
from pipeline_optimization.shell_quoting import quoted_command

__all__ = ["load_results"]


def load_results(path: str, *, reference: str | None = None) -> Results:
    """Return the results in a file of ``--export FILE.json`` or in a partial file (``.jsonl``), summarised anew.

    Args:
        path: The file.
        reference: The contender that ratios refer to, by its name or its file. None leaves it unchanged.

    Raises:
        UsageError: If the file cannot be read or has no results, or if it has no such contender.
    """
    results = _load(path)
    if reference is not None:
        name = _name_of(reference, results.contenders, path)
        results = evolve(results, run=evolve(results.run, reference=name))
    return summarise(results)


def _load(path: str) -> Results:
    if path.endswith(".jsonl"):
        header, samples = read_partial(Path(path))
        return _of_partial(header, list(samples.values()))
    return results_from_file(path)


def _name_of(reference: str, contenders: Sequence[ContenderRecord], path: str) -> str:
    """Return the name of the contender that a user gave by its name or its file."""
    names = [record.name for record in contenders]
    if reference in names:
        return reference
    files = [r.name for r in contenders if r.kind == "file" and os.path.abspath(r.source) == os.path.abspath(reference)]
    if len(files) == 1:
        return files[0]
    raise UsageError(f"There is no contender {reference!r} in {path}. There are: {', '.join(names)}.")


def _of_partial(header: Header, samples: list[Sample]) -> Results:
    names = [contender.name for contender in header.contenders]
    cases: dict[tuple[str, str], CaseRecord] = {}
    for sample in samples:
        key = (sample.case, sample.profile)
        words = max((execution.words for execution in sample.executions), default=0)
        case = cases.setdefault(
            key,
            CaseRecord(case=key[0], profile=key[1], words=words, distinct_words=0, faults="", latency_scale=0.0),
        )
        cases[key] = evolve(
            case,
            words=max(words, case.words),
            rounds=max(case.rounds, sample.round if sample.kind == "timed" else 0),
            memory_rounds=max(case.memory_rounds, sample.round if sample.kind == "memory" else 0),
        )
    return Results(
        run=RunRecord(
            id="",
            started=datetime.now(UTC).isoformat(timespec="seconds"),
            seed=header.seed,
            command=quoted_command(["anagram", header.command, *header.arguments]),
            rounds=max((case.rounds for case in cases.values()), default=0),
            reference="sequential" if "sequential" in names else next(iter(names), ""),
            noise_threshold=0.02,
            timeout_s=0.0,
            memory_limit_mib=0.0,
            workers=0,
            is_interrupted=True,
            pipeline=header.pipeline,
        ),
        machine={},
        contenders=with_retries(header.contenders, samples),
        cases=list(cases.values()),
        samples=samples,
        methods=describe_methods(samples, header.pipeline),
    )
