"""Hold what is foreseen against what then happens: errors, coverage of the intervals, and regret of the choices.

Usage: hatch run foresight [--short] [--probe SHARE] [--seed N] [--only KIND,...] [--orchestrators NAME,...] [--json PATH] [--markdown PATH] [--picture PATH.svg]

The figures of the work are drawn from the seed, which is drawn itself unless it is given, so that nothing can be fitted to them. Each kind of
work is run one after the other, under another seed of the faults; from its events all ways of running are foreseen, and then each of them,
and ``auto``, is run in a program of its own. With ``--probe 0.1`` the first run has a tenth of the elements, so that what is foreseen is less certain.

Dask, Ray and Spark have environments of their own: ``hatch run dask:foresight --orchestrators multiprocess,dask``.

The short form has few kinds and ways, each foreseen from a whole run with the same draws, and lenient bars that only a broken model misses. On a
busy machine it compares processor times, and says so.
"""

from __future__ import annotations

import argparse
import json
import secrets
import sys
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from attrs import evolve
from rich.console import Console
from rich.progress import Progress

from foresight_score.held_against import held_against, number_of_runs
from foresight_score.kinds import WORKERS, Kind, draw_kinds, short_kinds
from foresight_score.lenient import lenient_score
from foresight_score.measuring import Case
from foresight_score.printing import as_data, as_markdown, print_score
from foresight_score.scoring import Taken, score
from pipeline_optimization.registry import Registry

LONGEST = 60.0
"""Seconds after which the short form begins with no other kind of work."""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--short", action="store_true", help="Few kinds of work and lenient bars, in about a minute.")
    parser.add_argument(
        "--probe", type=float, metavar="SHARE", help="The share of the elements that are observed. [default: 1]"
    )
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--only", default="", metavar="KIND,...")
    parser.add_argument("--orchestrators", metavar="NAME,...", help="[default: all of one machine]")
    parser.add_argument("--json", type=Path, metavar="PATH")
    parser.add_argument("--markdown", type=Path, metavar="PATH", help="Write the tables of docs/foresight.md.")
    parser.add_argument("--picture", type=Path, metavar="PATH.svg")
    arguments = parser.parse_args()
    if arguments.short and arguments.probe:
        parser.error("--short observes all elements: leave out --probe")
    seed = secrets.randbelow(1_000_000) if arguments.seed is None else arguments.seed
    kinds = short_kinds(draw_kinds(seed)) if arguments.short else draw_kinds(seed)
    names = arguments.only.split(",") if arguments.only else [kind.name for kind in kinds]
    if unknown := set(names) - {kind.name for kind in kinds}:
        parser.error(f"no kind {', '.join(sorted(unknown))}; there are {', '.join(kind.name for kind in kinds)}")
    print(f"seed {seed}", flush=True)
    share = arguments.probe or 1.0
    chosen = [kind for kind in kinds if kind.name in names]
    if arguments.orchestrators:
        orchestrators = arguments.orchestrators.split(",")
        if unknown := set(orchestrators) - {*WORKERS, "auto"}:
            parser.error(f"no orchestrator {', '.join(sorted(unknown))}; there are {', '.join([*WORKERS, 'auto'])}")
        chosen = [evolve(kind, orchestrators=orchestrators) for kind in chosen]
    cases, taken = _runs(chosen, seed=seed, share=share, is_short=arguments.short)
    found = (lenient_score if arguments.short else score)(cases, taken)
    print_score(Console(width=max(150, Console().width)), cases, found, is_short=arguments.short)
    if arguments.json is not None:
        arguments.json.write_text(json.dumps(as_data(cases, found, seed=seed), indent=2) + "\n", "utf-8")
    if arguments.markdown is not None:
        arguments.markdown.write_text(as_markdown(cases, found, seed=seed, share=share), "utf-8")
    if arguments.picture is not None:
        from foresight_score.picture import draw  # noqa: PLC0415 - a second, where it is asked for

        draw(cases, arguments.picture)
    sys.exit(not all(bar.holds for bar in found.bars))


def _runs(kinds: Sequence[Kind], *, seed: int, share: float, is_short: bool) -> tuple[list[Case], list[Taken]]:
    """Return all runs, and what was taken for them. On a slow machine the short form leaves kinds out, and says so."""
    registry, began = Registry.load(), time.monotonic()
    cases: list[Case] = []
    taken: list[Taken] = []
    with Progress(console=Console(stderr=True), transient=True) as progress:
        for kind in kinds:
            if is_short and cases and time.monotonic() - began > LONGEST:
                print(f"{kind.name}: left out, since this took {LONGEST:g} seconds already", flush=True)
                continue
            task = progress.add_task(kind.name, total=number_of_runs(kind, is_short=is_short))
            of_kind, taken_of_kind = held_against(
                kind, registry, seed=seed, share=share, is_short=is_short, tick=partial(progress.advance, task)
            )
            cases += of_kind
            taken += taken_of_kind
    return cases, taken


if __name__ == "__main__":
    main()
