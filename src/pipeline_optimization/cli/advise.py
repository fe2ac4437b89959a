"""The command ``advise``: which way of running to take, without running it."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import click

from pipeline_optimization.cli.plugin_selection import plugin_options, selected_registry
from pipeline_optimization.errors import AnagramError, OptionError

if TYPE_CHECKING:
    from pipeline_optimization.foresight.costs import OrchestratorCosts
    from pipeline_optimization.registry import Registry
    from pipeline_optimization.types import RetryPolicy

__all__ = ["advise"]

MOST_WORKERS = 100_000


class _Numbers(click.ParamType[Sequence[int]]):
    """Numbers of workers: ``1,2,8``."""

    name = "numbers"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Sequence[int]:
        try:
            found = sorted({int(one) for one in str(value).split(",")})
        except ValueError:
            found = []
        if not found or found[0] < 1 or found[-1] > MOST_WORKERS:
            self.fail(f"{value!r} is no list of numbers from 1 to {MOST_WORKERS:,}, such as 1,2,8.", param, ctx)
        return found


@click.command()
@click.option(
    "--from", "path", metavar="RECORD|EVENTS", help="What the work takes: as a recorded run (--events, --record) shows."
)
@click.option(
    "--orchestrator",
    "orchestrators",
    multiple=True,
    metavar="NAME",
    help="Foresee only this one (repeatable).  [default: all that are installed]",
)
@click.option(
    "--workers",
    type=_Numbers(),
    default=None,
    metavar="N,N,…",
    help="Numbers of workers.  [default: some that make sense]",
)
@click.option(
    "--retry",
    "retries",
    multiple=True,
    metavar="NAME",
    help="Under this retry policy (repeatable).  [default: that of the recorded run]",
)
@click.option("--calibrate", is_flag=True, help="Measure what orchestrators cost here anew; it is kept in the cache.")
@click.option("--detailed", is_flag=True, help="Show all that was foreseen.")
@plugin_options
@click.pass_context
def advise(
    ctx: click.Context,
    /,
    path: str | None,
    orchestrators: Sequence[str],
    workers: Sequence[int] | None,
    retries: Sequence[str],
    *,
    calibrate: bool,
    detailed: bool,
) -> None:
    """Foresee what a run would take with other orchestrators, numbers of workers and retry policies, and say what to use.

    Nothing of it is run: the engine runs in virtual time, over a model of the work.

    \b
    anagram run --pipeline status.py access.log --events events.jsonl
    anagram advise --from events.jsonl
    anagram advise --from events.jsonl --orchestrator threaded --workers 8,16,32
    """  # noqa: D301 - click wants the character, which keeps it from joining the lines
    registry = selected_registry(ctx)
    if path is None:
        raise click.UsageError("Say what the work takes: --from EVENTS of a run (anagram run … --events EVENTS).")
    from pipeline_optimization.cli.advice_table import print_advice  # noqa: PLC0415 - --help is quick without it
    from pipeline_optimization.cli.runs import record_at  # noqa: PLC0415 - as above
    from pipeline_optimization.foresight.calibrate import this_machine  # noqa: PLC0415 - as above
    from pipeline_optimization.foresight.candidates import candidates  # noqa: PLC0415 - as above
    from pipeline_optimization.foresight.foreseeing import foresee  # noqa: PLC0415 - as above
    from pipeline_optimization.foresight.observed import observed  # noqa: PLC0415 - as above

    seen = observed(record_at(path).events)
    machine = this_machine()
    found = candidates(
        registry,
        orchestrators=orchestrators,
        workers=workers or (),
        retries=_policies(registry, retries or [seen.retry or "exponential"]),
        cores=max(1, round(machine.cores)),
    )
    costs, notes = _costs(registry, dict.fromkeys(one.configuration.orchestrator for one in found), anew=calibrate)
    found = [one for one in found if one.configuration.orchestrator in costs]
    if not found:
        raise OptionError("No orchestrator could be measured on this machine: " + " ".join(notes))
    advice = foresee(seen.work, found, costs, machine)
    print_advice(advice, sys.stdout, detailed=detailed, notes=[*seen.notes, *notes])


def _policies(registry: Registry, names: Sequence[str]) -> Mapping[str, RetryPolicy]:
    return {name: registry.retry_policy(name).build() for name in names}


def _costs(
    registry: Registry, names: Mapping[str, object], *, anew: bool
) -> tuple[dict[str, OrchestratorCosts], list[str]]:
    """Return what orchestrators cost here, and a note for each that cannot run here."""
    from pipeline_optimization.foresight.calibrate import costs_here  # noqa: PLC0415 - as above

    costs, notes = {}, []
    for name in names:
        try:
            costs[name] = costs_here(registry, name, anew=anew)
        except AnagramError as error:
            notes.append(f"{name} is left out, since it does not run here: {error}")
    return costs, notes
