"""The command ``report``: shows the stored results of a comparison, or the events of a run, in any form."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import click

from pipeline_optimization.cli.compare.options import require_packages
from pipeline_optimization.output import refuse_overwriting
from pipeline_optimization.shell_quoting import quoted

__all__ = ["report"]


@click.command()
@click.argument("path", metavar="FILE")
@click.option("--format", "form", type=click.Choice(["table", "json", "csv", "md", "html", "svg"]), default="table")
@click.option(
    "--reference",
    metavar="NAME",
    help="The contender that the others are compared with: its name or file.  [default: as compared]",
)
@click.option("--detailed", is_flag=True, help="Show phases, quantiles, failures, methods, and every warning.")
@click.option(
    "--export", "exports", multiple=True, metavar="FILE", help="Write .json, .csv, .md or .html (repeatable)."
)
def report(path: str, form: str, reference: str | None, exports: Sequence[str], *, detailed: bool) -> None:
    """Show results that --export FILE.json wrote, or the samples of an interrupted run, without measuring.

    If FILE has a run's events (--events), or is a record (--record), it shows what happened, and exports the report (.html), the trace (.json) or the metrics (.prom).

    \b
    anagram report events.jsonl --export report.html --export trace.json
    anagram report results.json
    anagram report results.json --reference threaded --export report.html
    anagram report results.json --format svg > picture.svg
    """  # noqa: D301 - click wants the character, which keeps it from joining the lines
    from pipeline_optimization.observing.reading import is_of_events  # noqa: PLC0415 - --help is quick without it
    from pipeline_optimization.observing.record_folders import EVENTS  # noqa: PLC0415 - as above

    if os.path.isfile(events := os.path.join(path, EVENTS)):
        path = events
    if is_of_events(path):
        _report_events(path, form, exports)
        return
    require_packages()
    from pipeline_optimization.benchmarks.reports.export import (  # noqa: PLC0415 - --help is quick without it
        check_export,
        export,
        form_of,
        render,
    )
    from pipeline_optimization.benchmarks.stored import load_results  # noqa: PLC0415 - as above
    from pipeline_optimization.cli.compare.table import print_comparison  # noqa: PLC0415 - as above

    for target in exports:
        check_export(target)
        refuse_overwriting(target, [path], option="--export")
    results = load_results(path, reference=reference)
    if form == "table":
        print_comparison(results, sys.stdout, detailed=detailed)
    elif form == "svg":
        from pipeline_optimization.cli.compare.picture import picture_of  # noqa: PLC0415 - as above

        click.echo(picture_of(results, detailed=detailed), nl=False)
    else:
        click.echo(render(results, form_of(f"results.{form}")), nl=False)
    for target in exports:
        export(results, target)
        click.echo(f"Written: {quoted(target)}", err=True)


def _report_events(path: str, form: str, exports: Sequence[str]) -> None:
    """Show what a file of events holds. Raises UsageError for exports that are not made of events."""
    from pipeline_optimization.cli.observe.runs import show_record  # noqa: PLC0415 - for such files only
    from pipeline_optimization.observing.products import Products  # noqa: PLC0415 - as above
    from pipeline_optimization.observing.record_folders import records_in  # noqa: PLC0415 - as above

    if form != "table":
        raise click.UsageError(
            "Events are shown as a table. Export them: --export report.html, trace.json or metrics.prom."
        )
    kinds = {".html": "report", ".json": "trace", ".prom": "metrics"}
    wanted: dict[str, str] = {}
    for target in exports:
        refuse_overwriting(target, [path], option="--export")
        kind = kinds.get(os.path.splitext(target)[1].lower())
        if kind is None:
            raise click.UsageError(f"Events cannot be exported to {target!r}. Use .html, .json (a trace) or .prom.")
        if kind in wanted:
            raise click.UsageError(f"{wanted[kind]!r} and {target!r} would be the same. Name one of them.")
        wanted[kind] = target
    (record,) = records_in(path)
    show_record(record, *Products(**wanted).write(path))
    for target in exports:
        click.echo(f"Written: {quoted(target)}", err=True)
