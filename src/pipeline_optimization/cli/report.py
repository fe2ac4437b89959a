"""The command ``report``: stored results again, in any form."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from pipeline_optimization.cli.benchmark_options import require_packages
from pipeline_optimization.output import refuse_overwriting
from pipeline_optimization.shell_quoting import quoted

__all__ = ["report"]


@click.command()
@click.argument("path", metavar="FILE")
@click.option("--format", "form", type=click.Choice(["table", "json", "csv", "md", "html", "svg"]), default="table")
@click.option(
    "--reference", metavar="NAME", help="What ratios are to: a contender's name or file.  [default: as compared]"
)
@click.option("--detailed", is_flag=True, help="Phases, quantiles, failures, methods, and every warning.")
@click.option(
    "--export", "exports", multiple=True, metavar="FILE", help="Write .json, .csv, .md or .html (repeatable)."
)
def report(path: str, form: str, reference: str | None, exports: Sequence[str], *, detailed: bool) -> None:
    """Show results that --export FILE.json wrote, or the samples of an interrupted run, without measuring.

    \b
    anagram report results.json
    anagram report results.json --reference threaded --export report.html
    anagram report results.json --format svg > picture.svg
    """  # noqa: D301 - click wants the character, which keeps it from joining the lines
    require_packages()
    from pipeline_optimization.benchmarks.reports.export import (  # noqa: PLC0415 - --help is quick without it
        check_export,
        export,
        form_of,
        render,
    )
    from pipeline_optimization.benchmarks.stored import load_results  # noqa: PLC0415 - as above
    from pipeline_optimization.cli.comparison_table import print_comparison  # noqa: PLC0415 - as above

    for target in exports:
        check_export(target)
        refuse_overwriting(target, [path], option="--export")
    results = load_results(path, reference=reference)
    if form == "table":
        print_comparison(results, sys.stdout, detailed=detailed)
    elif form == "svg":
        from pipeline_optimization.cli.picture import picture_of  # noqa: PLC0415 - as above

        click.echo(picture_of(results, detailed=detailed), nl=False)
    else:
        click.echo(render(results, form_of(f"results.{form}")), nl=False)
    for target in exports:
        export(results, target)
        click.echo(f"Written: {quoted(target)}", err=True)
