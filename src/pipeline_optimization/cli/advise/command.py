"""The command ``advise``: predicts which orchestrator, number of workers and retry policy to take."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import click

from pipeline_optimization.cli.pipeline_option import pipeline_option
from pipeline_optimization.cli.plugin_selection import plugin_options, selected_registry
from pipeline_optimization.errors import AnagramError, OptionError

if TYPE_CHECKING:
    from pipeline_optimization.foresight.candidates import Candidate
    from pipeline_optimization.foresight.costs import OrchestratorCosts
    from pipeline_optimization.registry import Registry

__all__ = ["advise"]

MOST_WORKERS = 100_000
LONGEST_PROBE = 3600


class _Numbers(click.ParamType[Sequence[int]]):
    """Numbers of workers: ``1,2,8``."""

    name = "numbers"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Sequence[int]:
        if isinstance(value, list):
            return value
        try:
            found = sorted({int(one) for one in str(value).split(",")})
        except ValueError:
            found = []
        if not found or found[0] < 1 or found[-1] > MOST_WORKERS:
            self.fail(f"{value!r} is no list of numbers from 1 to {MOST_WORKERS:,}, such as 1,2,8.", param, ctx)
        return found


class _Seconds(click.ParamType[float]):
    """A time such as ``5``, ``5s`` or ``0.5s``."""

    name = "seconds"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        try:
            seconds = float(str(value).removesuffix("s"))
        except ValueError:
            seconds = 0.0
        if not 0 < seconds <= LONGEST_PROBE:
            self.fail(f"{value!r} is no number of seconds up to {LONGEST_PROBE:,}, such as 5 or 5s.", param, ctx)
        return seconds


@click.command()
@click.argument("inputs", nargs=-1, metavar="[INPUT]...")
@click.option(
    "--probe",
    type=_Seconds(),
    metavar="SECONDS",
    help="Measure the work: run --pipeline over the inputs for some seconds, such as 5 or 5s.",
)
@click.option(
    "--from",
    "path",
    metavar="RECORD|EVENTS",
    help="Take the work from a recorded run (--events, --record).",
)
@click.option("--faults", metavar="NAME|FILE.toml", help="Take the work from a fault profile. Needs --items.")
@click.option(
    "--items",
    type=click.IntRange(1, 10**12),
    metavar="N",
    help="The number of elements of the input.  [default: as recorded]",
)
@pipeline_option("The pipeline of --probe, or whose steps the fault profile describes.")
@click.option(
    "--latency-scale",
    type=float,
    help="Multiplies the times of --faults.  [default: 0.05; 1 with a profile of your own]",
)
@click.option(
    "--orchestrator",
    "orchestrators",
    multiple=True,
    metavar="NAME",
    help="Predict only this one (repeatable).  [default: all that are installed; Dask, Ray and Spark only if their costs were measured]",
)
@click.option(
    "--workers", type=_Numbers(), metavar="N,N,…", help="Numbers of workers.  [default: some that make sense]"
)
@click.option(
    "--retry",
    "retries",
    multiple=True,
    metavar="NAME",
    help="Under this retry policy (repeatable).  [default: that of the recorded run]",
)
@click.option(
    "--what-if",
    "changes",
    multiple=True,
    metavar="CHANGE",
    help="Predict a changed run: TASK.latency=0.5x, TASK.compute=0.2 (seconds), TASK.failure_rate=0, TASK.limit=8, TASK.rate=50/s, workers=1..1000, retry=NAME (repeatable: all together).",
)
@click.option("--calibrate", is_flag=True, help="Measure the costs of orchestrators again; they are kept in the cache.")
@click.option(
    "--detailed", is_flag=True, help="Show all predictions, and what the run would gain if a task were faster."
)
@click.option("--export", "exports", multiple=True, metavar="FILE", help="Write .json, .md or .html (repeatable).")
@plugin_options
@click.pass_context
def advise(  # noqa: PLR0917 - one parameter an option, as click has it
    ctx: click.Context,
    /,
    inputs: Sequence[str],
    probe: float | None,
    path: str | None,
    faults: str | None,
    items: int | None,
    pipeline: str | None,
    latency_scale: float | None,
    orchestrators: Sequence[str],
    workers: Sequence[int] | None,
    retries: Sequence[str],
    changes: Sequence[str],
    exports: Sequence[str],
    *,
    calibrate: bool,
    detailed: bool,
) -> None:
    """Predict how long a run would take with other orchestrators, numbers of workers and retry policies, and say what to use.

    Only --probe runs anything. The prediction runs the engine in virtual time, over a model of the work.

    \b
    anagram run --pipeline status.py access.log --events events.jsonl
    anagram advise --from events.jsonl
    anagram advise --from events.jsonl --what-if parse.compute=0.5x --what-if workers=1..64
    anagram advise --faults services.toml --items 100000
    anagram advise --probe 5s --pipeline status.py access.log
    """  # noqa: D301 - click wants the character, which keeps it from joining the lines
    from pipeline_optimization.cli.advise.known_work import known_work  # noqa: PLC0415 - as above
    from pipeline_optimization.cli.advise.progress import foreseen_line  # noqa: PLC0415 - as above
    from pipeline_optimization.cli.advise.tables import print_advice, print_change, print_curve, print_speeds  # noqa: PLC0415 - --help is quick without it
    from pipeline_optimization.foresight.advice import change_sentence  # noqa: PLC0415 - as above
    from pipeline_optimization.foresight.advice_export import check_form, exported  # noqa: PLC0415 - as above
    from pipeline_optimization.foresight.calibrate import this_machine  # noqa: PLC0415 - as above
    from pipeline_optimization.foresight.candidates import candidates  # noqa: PLC0415 - as above
    from pipeline_optimization.foresight.foreseeing import foresee, gains, runs_for  # noqa: PLC0415 - as above
    from pipeline_optimization.foresight.what_if import WhatIf, parse_what_if  # noqa: PLC0415 - as above
    from pipeline_optimization.output import open_output, refuse_overwriting  # noqa: PLC0415 - as above
    from pipeline_optimization.tasks.retry_settings import RetrySettings  # noqa: PLC0415 - as above

    for export in exports:
        check_form(export)
        refuse_overwriting(export, [one for one in (path, faults) if one is not None], option="--export")
    registry = selected_registry(ctx)
    known = known_work(
        registry,
        probe=probe,
        inputs=inputs,
        path=path,
        faults=faults,
        items=items,
        pipeline=pipeline,
        latency_scale=latency_scale,
    )
    change = parse_what_if(changes, known.work)
    machine = this_machine()
    chosen, left_out = (orchestrators, []) if orchestrators else _names(registry, with_clusters=calibrate)

    def ways(change: WhatIf) -> Sequence[Candidate]:
        named = [RetrySettings(name=name) for name in change.retries or retries] or [known.retry]
        return candidates(
            registry,
            orchestrators=chosen,
            workers=change.workers or workers or (),
            retries={one.label: one.build(registry) for one in named},
            cores=max(1, round(machine.cores)),
        )

    found, unchanged = ways(change), ways(WhatIf()) if changes else []
    names = dict.fromkeys(one.configuration.orchestrator for one in [*found, *unchanged])
    costs, notes = _costs(registry, names, anew=calibrate)
    found, unchanged = ([one for one in some if one.configuration.orchestrator in costs] for some in (found, unchanged))
    if not found:
        raise OptionError("No orchestrator could be measured on this machine: " + " ".join(notes))
    work = change.of(known.work)
    with foreseen_line(len(found) * runs_for(work) + len(unchanged) * runs_for(known.work)) as tick:
        advice = foresee(work, found, costs, machine, seen_workers=known.workers, tick=tick)
        worth = ""
        if unchanged:
            before = foresee(known.work, unchanged, costs, machine, seen_workers=known.workers, tick=tick)
            worth = change_sentence(before, advice, change.text)
    notes = [*known.notes, *notes, *left_out]
    print_advice(advice, sys.stdout, detailed=detailed)
    if worth:
        print_change(worth, sys.stdout)
    if len(change.workers) > 1:
        print_curve(advice, sys.stdout)
    if detailed or change.changes:
        print_speeds(gains(work, advice.use, costs, machine), advice.use, sys.stdout)
    for note in notes:
        click.echo(f"Note: {note}", err=True)
    for export in exports:
        with open_output(export) as stream:
            stream.write(exported(advice, export, notes, change=worth))


def _names(registry: Registry, *, with_clusters: bool) -> tuple[Sequence[str], Sequence[str]]:
    """Return the orchestrators to predict if none is named, and a note for people if some are left out.

    Starting a cluster takes seconds, so without ``with_clusters`` only those are predicted whose costs were measured before.
    """
    from pipeline_optimization.foresight.calibrate import is_measured  # noqa: PLC0415 - --help is quick without it
    from pipeline_optimization.foresight.candidates import clusters, known_places  # noqa: PLC0415 - as above

    found = clusters(registry)
    unknown = [] if with_clusters else [one for one in found if not is_measured(one)]
    names = [*known_places(registry), *(one for one in found if one not in unknown)]
    if not unknown:
        return names, ()
    are = "is" if len(unknown) == 1 else "are"
    return names, [
        f"{' and '.join(unknown)} {are} left out, since it takes some ten seconds to measure what a cluster costs. --calibrate does that, once."
    ]


def _costs(
    registry: Registry, names: Mapping[str, object], *, anew: bool
) -> tuple[dict[str, OrchestratorCosts], list[str]]:
    """Return what each orchestrator costs on this machine, and a note for each that cannot run here."""
    from pipeline_optimization.foresight.calibrate import costs_here  # noqa: PLC0415 - --help is quick without it

    costs, notes = {}, []
    for name in names:
        try:
            costs[name] = costs_here(registry, name, anew=anew)
        except AnagramError as error:
            notes.append(f"{name} is left out, since it does not run here: {error}")
    return costs, notes
