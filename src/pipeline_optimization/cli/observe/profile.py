"""The command ``profile``: writes a fault profile of a recorded run."""

from __future__ import annotations

import click

from pipeline_optimization.output import open_output, refuse_overwriting

__all__ = ["profile"]


@click.command()
@click.argument("path", metavar="RECORD|EVENTS")
@click.option("--output", default="-", metavar="FILE.toml", help="Write there instead of to standard output.")
def profile(path: str, output: str) -> None:
    """Write a fault profile of a recorded run: how long its tasks took, how often they failed, and with which errors.

    'anagram run --faults FILE.toml' then simulates the same, with any orchestrator.

    \b
    anagram run --pipeline status.py access.log --events events.jsonl
    anagram profile events.jsonl --output status.toml
    anagram run --pipeline status.py access.log --faults status.toml --orchestrator asyncio
    """  # noqa: D301 - click wants the character, which keeps it from joining the lines
    from pipeline_optimization.cli.observe.runs import record_at  # noqa: PLC0415 - --help is quick without it
    from pipeline_optimization.observing.profiling import profile_text  # noqa: PLC0415 - as above

    record = record_at(path)
    if output != "-":
        refuse_overwriting(output, [record.events], option="--output")
    digest, notes = record.digest()
    with open_output(output, errors="replace") as stream:
        stream.write(profile_text(digest))
    for note in notes:
        click.echo(f"Note: {note}", err=True)
