"""Compares orchestrators on a user's own pipeline, for ``compare --pipeline`` and ``benchmark --pipeline``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import click
from attrs import evolve

from pipeline_optimization.benchmarks.contenders import Contender
from pipeline_optimization.benchmarks.pipelines.cases import AS_IS, PipelineCase, pipeline_case, worker_cases
from pipeline_optimization.benchmarks.pipelines.reference import References
from pipeline_optimization.benchmarks.reports.quantities import duration
from pipeline_optimization.benchmarks.results import PipelineRecord
from pipeline_optimization.benchmarks.statistics.ranking import rounds_needed
from pipeline_optimization.cli.compare.contenders import default_orchestrators, named_contenders, with_reference
from pipeline_optimization.cli.compare.execution import run_comparison
from pipeline_optimization.cli.compare.option_definitions import DEFAULT_BUDGET, MOST_ROUNDS
from pipeline_optimization.cli.compare.options import CommonOptions
from pipeline_optimization.cli.compare.variation import Variation
from pipeline_optimization.cli.component_options import KindOptions
from pipeline_optimization.cli.pipeline_option import found_pipeline
from pipeline_optimization.cli.plugin_selection import selected_registry
from pipeline_optimization.errors import UsageError
from pipeline_optimization.pipeline.model.finding import FoundPipeline
from pipeline_optimization.pipeline.model.inputs import Values
from pipeline_optimization.pipeline.plan import RunOptions
from pipeline_optimization.plural import counted
from pipeline_optimization.printable import printable
from pipeline_optimization.registry import Registry
from pipeline_optimization.sources import FileSource, UrlSource, expand_inputs

__all__ = ["benchmark_pipeline", "compare_pipeline"]

REFERENCE_PATIENCE = 3600.0
"""Seconds that the run with the right answer may take if the user gives no --timeout: how long it takes is not known yet."""

SHORTEST_WAIT = 0.005
"""Seconds that a simulated wait takes at least. Shorter ones would compare timers."""

LONG = 600.0
"""If a comparison may take more than these seconds, it says so beforehand."""


def compare_pipeline(
    ctx: click.Context,
    options: CommonOptions,
    variation: Variation,
    *,
    inputs: Sequence[str],
    names: Sequence[str],
    reference: str | None,
) -> int:
    """Compare orchestrators, or all that are installed if none is named. Return the exit code. Raises UsageError."""
    registry = selected_registry(ctx)
    chosen = names or (["sequential"] if variation else default_orchestrators(registry))
    contenders = named_contenders(registry, chosen, workers=options.workers)
    contenders = variation.of(registry, contenders, options)
    contenders, against = with_reference(registry, contenders, reference, workers=options.workers)
    return _measure(
        ctx,
        options,
        registry,
        inputs=inputs,
        contenders=contenders,
        reference=against,
        least=rounds_needed(len(contenders)),
        most=MOST_ROUNDS,
        budget=DEFAULT_BUDGET,
    )


def benchmark_pipeline(
    ctx: click.Context, options: CommonOptions, inputs: Sequence[str], names: Sequence[str], *, rounds: int
) -> int:
    """Measure orchestrators by themselves; return the exit code. Raises UsageError."""
    registry = selected_registry(ctx)
    contenders = named_contenders(registry, names, workers=options.workers)
    return _measure(
        ctx,
        options,
        registry,
        inputs=inputs,
        contenders=contenders,
        reference=contenders[0].name,
        least=rounds,
        most=rounds,
        budget=None,
    )


def _measure(
    ctx: click.Context,
    options: CommonOptions,
    registry: Registry,
    *,
    inputs: Sequence[str],
    contenders: Sequence[Contender],
    reference: str,
    least: int,
    most: int,
    budget: float | None,
) -> int:
    assert options.pipeline is not None
    _refuse_files(contenders)
    options.retry_settings(registry)  # raises UsageError for wrong names before anything runs
    found = found_pipeline(options.pipeline, KindOptions.parse(options.pairs).pipeline, registry)
    digest = _digest(found, registry)
    references = References(
        found=found,
        files=_files(found, inputs),
        size=options.sample_size,
        timeout=options.timeout if "timeout" in options.chosen else REFERENCE_PATIENCE,
        memory_limit=options.memory_limit,
    )
    with closing(references):
        cases = _cases(options, references)
        click.echo(f"Running {found.pipeline.name} one element after the other, to know what is right …", err=True)
        seconds = max(case.seconds() for case in cases)
        settings = options.settings(
            ctx,
            registry,
            reference=reference,
            rounds=None if budget is not None else least,
            budget=budget,
            least_rounds=least,
            most_rounds=most,
            cases=cases,
        )
        if "timeout" not in options.chosen:
            settings = evolve(settings, timeout=max(settings.timeout, 10.0 * seconds))
        record = _record(found, references, cases, digest)
        settings = evolve(settings, pipeline=record)
        _tell(cases, contenders, rounds=settings.rounds or settings.least_rounds)
        arguments = {"pipeline": found.reference, "pipeline_options": dict(found.options)}
        return run_comparison(
            [evolve(one, arguments=arguments) for one in contenders],
            settings,
            options,
            command=str(ctx.command.name),
            arguments=options.arguments(ctx),
        )


def _refuse_files(contenders: Sequence[Contender]) -> None:
    file = next((one for one in contenders if one.kind == "file"), None)
    if file is not None:
        raise UsageError(
            f"{file.record.source} has a TaskOrchestrator class, which can only count anagrams. With --pipeline, name installed "
            "orchestrators; a file that registers one is a plugin: --plugins-dir DIR."
        )


def _files(found: FoundPipeline, inputs: Sequence[str]) -> Sequence[str] | None:
    """Return the files that a pipeline runs over, None if it draws its inputs. Raises UsageError and InputError."""
    pipeline = found.pipeline
    if not inputs:
        if pipeline.sample is None:
            remedy = "" if isinstance(pipeline.input, Values) else "name files, or "
            raise UsageError(
                f"The pipeline {pipeline.name!r} needs an input: {remedy}let it make some, with .for_comparison(sample=…) at its end."
            )
        return None
    if isinstance(pipeline.input, Values):
        raise UsageError(
            f"The pipeline {pipeline.name!r} runs over values, and not over files. Name none, and let it make some, with "
            ".for_comparison(sample=…) at its end."
        )
    names = []
    for source in expand_inputs(inputs, note=lambda note: click.echo(note, err=True)):
        if not isinstance(source, FileSource | UrlSource):
            raise UsageError(f"{source.name} can be read once only, and a comparison reads it many times. Name a file.")
        names.append(str(Path(source.path).absolute()) if isinstance(source, FileSource) else source.url)
    return names


def _cases(options: CommonOptions, references: References) -> list[PipelineCase]:
    """Return a case for each profile. Raises UsageError if a profile simulates what no step declares."""
    shortest, scale = references.shortest_wait, options.latency_scale
    if "latency_scale" not in options.chosen and shortest is not None:
        scale = min(1.0, max(scale, SHORTEST_WAIT / shortest))
    simulated = [profile for profile in options.profiles if profile != AS_IS]
    if not references.tasks and (simulated or options.chosen & {"faults", "latency_scale"}):
        asked = f"--profile {simulated[0]}" if simulated else "--faults or --latency-scale"
        raise UsageError(
            f"{asked} has nothing to simulate: no step of {references.found.pipeline.name!r} has failure_rate or sleep_time in its "
            "@task. Leave it out, and the pipeline is compared as it is."
        )
    profiles = options.profiles or (("mixed",) if references.tasks else (AS_IS,))
    cases = [pipeline_case(references, one, faults=options.faults, latency_scale=scale) for one in profiles]
    return cases if options.scan is None else [one for case in cases for one in worker_cases(case, options.scan[1])]


def _digest(found: FoundPipeline, registry: Registry) -> str:
    """Return a digest of all that the result depends on."""
    facts = dict(found.plan(registry, RunOptions()).job.load(click.echo).facts)
    return sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def _record(found: FoundPipeline, references: References, cases: Sequence[PipelineCase], digest: str) -> PipelineRecord:
    given = cases[0].first_input()
    limits = []
    if references.files is not None:
        limits.append("Every execution had the same input, so a contender that only remembers the answer is not found.")
        content = sha256(given.expected_digest.encode())
    else:
        content = sha256(str(references.size).encode())
    if any(case.is_calm for case in cases):
        which = "" if all(case.is_calm for case in cases) else " in the profile as-is"
        limits.append(f"Nothing was simulated{which}, so nothing shows which steps were called for which elements.")
    content.update(digest.encode())
    return PipelineRecord(
        name=printable(found.pipeline.name),
        reference=printable(found.reference),
        options={name: printable(str(value)) for name, value in found.options.items()},
        input=_input_in_words(references),
        digest=content.hexdigest(),
        shortest_wait_s=references.shortest_wait,
        limits=limits,
    )


def _input_in_words(references: References) -> str:
    files = references.files
    if files is None:
        return f"samples of size {references.size:,}, a new one for each execution"
    return printable(files[0]) if len(files) == 1 else f"{printable(files[0])} and {counted(len(files) - 1, 'other')}"


def _tell(cases: Sequence[PipelineCase], contenders: Sequence[Contender], *, rounds: int) -> None:
    """Say on standard error what is compared, and if it may take long, how long."""
    given = cases[0].first_input()
    failing = sum(given.expected.failures.values())
    facts = [
        counted(given.size, "element"),
        *([f"of which {failing:,} {'fails' if failing == 1 else 'fail'} for good"] if failing else []),
        f"{_time(given.seconds)} in a sequential run without faults",
    ]
    is_as_is = all(case.is_calm for case in cases)
    how = " Compared as it is: nothing is simulated." if is_as_is else ""
    click.echo(f"{_name(cases)}: {', '.join(facts)}.{how}", err=True)
    longest = len(contenders) * (2 * rounds + 5) * sum(case.seconds() for case in cases)
    if longest > LONG:
        click.echo(
            f"Note: With {counted(len(contenders), 'contender')} in {counted(rounds, 'round')} this may take up to "
            f"{duration(longest)}. A smaller input, fewer contenders (--orchestrator NAME) or --iterations N make it shorter; "
            "after Ctrl-C, it can be resumed.",
            err=True,
        )


def _time(seconds: float) -> str:
    return duration(seconds) if seconds >= 10 else f"{seconds:.1f} s" if seconds >= 1 else f"{seconds * 1e3:.0f} ms"


def _name(cases: Sequence[PipelineCase]) -> str:
    return printable(cases[0].references.found.pipeline.name)
