"""Runs a comparison for a command, with its progress, partial file, table, exports, baselines and exit code."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from pipeline_optimization.benchmarks.baselines import load_baseline, save_baseline
from pipeline_optimization.benchmarks.comparing import SampleKey
from pipeline_optimization.benchmarks.contenders import Contender
from pipeline_optimization.benchmarks.partial import Header, PartialFile, read_header, read_partial
from pipeline_optimization.benchmarks.reports.export import check_export, export
from pipeline_optimization.benchmarks.results import Results, Sample
from pipeline_optimization.benchmarks.session import compare
from pipeline_optimization.benchmarks.settings import ComparisonSettings
from pipeline_optimization.benchmarks.statistics.gate import comparability, compare_with_baseline
from pipeline_optimization.cli.compare.gate_table import print_gate
from pipeline_optimization.cli.compare.options import CommonOptions
from pipeline_optimization.cli.compare.progress import ComparisonProgress
from pipeline_optimization.cli.compare.table import print_comparison
from pipeline_optimization.cli.exit_codes import COMPLETE, FAILED, INTERRUPTED, REGRESSION, USAGE, WRONG
from pipeline_optimization.errors import UsageError
from pipeline_optimization.output import refuse_overwriting
from pipeline_optimization.plural import counted
from pipeline_optimization.shell_quoting import quoted, quoted_command

__all__ = ["run_comparison"]

NOT_LOADED = frozenset({"import_error", "no_orchestrator"})


def run_comparison(
    contenders: Sequence[Contender],
    settings: ComparisonSettings,
    options: CommonOptions,
    *,
    command: str,
    arguments: Sequence[str],
) -> int:
    """Measure, print, write what was asked for, and return the exit code.

    Raises UsageError for what can be known to be wrong before anything is measured: exports that cannot be written,
    a baseline that is missing, a partial file of other contenders.
    """
    for path in options.exports:
        check_export(path)
        refuse_overwriting(path, [options.baseline, options.resume, options.partial], option="--export")
    baseline = None if options.baseline is None else load_baseline(options.baseline)
    header = Header(
        command=command,
        arguments=arguments,
        seed=options.seed,
        contenders=[one.record for one in contenders],
        pipeline=settings.pipeline,
    )
    known, partial = _partial_file(header, options)
    with partial, ComparisonProgress() as progress:
        results = compare(contenders, settings, keep=partial.keep, show=progress.show, known=known)
    print_comparison(results, sys.stdout, detailed=options.detailed)
    for path in options.exports:
        export(results, path)
        click.echo(f"Written: {quoted(str(path))}", err=True)
    if results.run.is_interrupted:
        resume = quoted_command(["anagram", command, "--resume", str(partial.path)])
        kept = counted(len(results.samples), "sample")
        click.echo(f"Interrupted. {kept} kept; go on with: {resume}", err=True)
        return INTERRUPTED
    if options.save_baseline is not None:
        click.echo(f"Baseline kept: {save_baseline(results, options.save_baseline)}", err=True)
    code = _exit_code(results)
    if baseline is not None and _has_regression(results, baseline, options) and code == COMPLETE:
        return REGRESSION
    return code


def _exit_code(results: Results) -> int:
    """Return the exit code for the worst that happened to any contender."""
    problems = [set(row.problems) for row in results.summary]
    if all(found & NOT_LOADED for found in problems):
        return USAGE
    verdicts = {row.verdict for row in results.summary}
    return WRONG if "wrong" in verdicts else FAILED if "failed" in verdicts else COMPLETE


def _has_regression(results: Results, baseline: Results, options: CommonOptions) -> bool:
    reasons = comparability(results, baseline)
    if reasons and not options.allow_different_machine:
        raise UsageError(
            f"The baseline {options.baseline!r} cannot be compared with: {'; '.join(reasons)}. "
            "Keep a new one, or give --allow-different-machine."
        )
    threshold = options.fail_if_slower
    rows = compare_with_baseline(
        results, baseline, threshold=options.noise_threshold if threshold is None else threshold
    )
    print_gate(rows, str(options.baseline), threshold, sys.stdout)
    return threshold is not None and any(row.outcome == "regression" for row in rows)


def _partial_file(header: Header, options: CommonOptions) -> tuple[Mapping[SampleKey, Sample], PartialFile]:
    if options.resume is None:
        if not options.partial:
            return {}, PartialFile.in_cache(f"{header.command}-{header.seed}", header)
        path = Path(options.partial)
        if path.exists() and path.stat().st_size:
            read_header(path)  # raises UsageError if it is another file, so that nothing else is written over
        return {}, PartialFile(path, header)
    path = Path(options.resume)
    before, known = read_partial(path)
    if [(r.name, r.sha256) for r in before.contenders] != [(r.name, r.sha256) for r in header.contenders]:
        raise UsageError(f"The contenders have changed since {path} was written; start a new comparison.")
    if (before.pipeline and before.pipeline.digest) != (header.pipeline and header.pipeline.digest):
        raise UsageError(f"The pipeline or its input has changed since {path} was written; start a new comparison.")
    return known, PartialFile(path, None)
