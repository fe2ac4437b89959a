"""Hold what is foreseen against what then happens: errors, coverage of the intervals, and regret of the choices.

Usage: hatch run foresight [--short] [--seed N] [--only KIND,...] [--json PATH] [--picture PATH.svg]

The figures of the work are drawn from the seed, which is drawn itself unless it is given, so that nothing can be fitted to them. Of each kind of
work a tenth is run one after the other, under another seed of the faults; from its events all ways of running are foreseen, and then
each of them, and ``auto``, is run in a program of its own.
"""

from __future__ import annotations

import argparse
import json
import secrets
import sys
from collections.abc import Sequence
from pathlib import Path

from attrs import asdict
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from foresight_score.kinds import Kind, Way, draw_kinds, ways_for
from foresight_score.measuring import Case, foresee_ways, probe, real_run
from foresight_score.scoring import Score, Taken, score
from pipeline_optimization.foresight.advice import advise
from pipeline_optimization.registry import Registry


def _cases(
    kind: Kind, registry: Registry, progress: Progress, *, seed: int, is_short: bool
) -> tuple[list[Case], list[Taken]]:
    """Return the runs of a kind of work, and what the advice and ``auto`` took."""
    ways = ways_for(kind, is_short=is_short)
    task = progress.add_task(kind.name, total=len(ways) + 1 + len(kind.retries))
    seen = probe(kind, seed=seed + 1)
    progress.advance(task)
    foreseen = foresee_ways(registry, seen.work, ways, tick=lambda: None)
    cases = []
    for (_, prediction), way in zip(foreseen, ways, strict=True):
        made = real_run(kind, way, seed=seed)
        cases.append(Case(kind=kind.name, way=way, prediction=prediction, seconds=made.seconds))
        progress.advance(task)
    taken = []
    for retry in kind.retries:
        of_retry = [(one, case) for (one, _), case in zip(foreseen, cases, strict=True) if case.way.retry == retry]
        predictions = [case.prediction for _, case in of_retry]
        use = advise(predictions, arguments=[one.arguments for one, _ in of_retry], work=seen.work).use
        case = next(case for _, case in of_retry if case.prediction is use)
        taken.append(Taken(kind=kind.name, retry=retry, by="advise", way=str(case.way), seconds=case.seconds))
        made = real_run(kind, Way(orchestrator="auto", workers=0, retry=retry), seed=seed)
        taken.append(Taken(kind=kind.name, retry=retry, by="auto", way=made.choice, seconds=made.seconds))
        progress.advance(task)
    return cases, taken


def _table(cases: Sequence[Case]) -> Table:
    table = Table(title="Foreseen and measured", caption="seconds; the 90 % interval in brackets")
    for name in ("work", "orchestrator", "retry"):
        table.add_column(name)
    for name in ("workers", "foreseen", "interval", "measured", "error"):
        table.add_column(name, justify="right")
    for case in cases:
        foreseen, way = case.prediction, case.way
        table.add_row(
            case.kind,
            way.orchestrator,
            way.retry,
            str(way.workers),
            f"{foreseen.seconds:.3f}",
            f"{foreseen.low:.2f} to {foreseen.high:.2f}" + ("" if case.is_covered else " *"),
            f"{case.seconds:.3f}",
            f"{case.error:+.1%}",
        )
    return table


def _print(console: Console, cases: Sequence[Case], found: Score) -> None:
    console.print(_table(cases))
    for regret in found.regrets:
        console.print(
            f"  {regret.taken.kind} ({regret.taken.retry}), {regret.taken.by}: regret {regret.share:.1%}; best was {regret.best}, "
            f"taken {regret.taken.way or 'nothing yet'}"
        )
    for bar in found.bars:
        console.print(f"  {'holds ' if bar.holds else 'MISSED'}  {bar.claim}: {bar.found}")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--short", action="store_true", help="Few ways of running, for a look.")
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--only", default="", metavar="KIND,...")
    parser.add_argument("--json", type=Path, metavar="PATH")
    parser.add_argument("--picture", type=Path, metavar="PATH.svg")
    arguments = parser.parse_args()
    seed = secrets.randbelow(1_000_000) if arguments.seed is None else arguments.seed
    kinds = draw_kinds(seed)
    names = arguments.only.split(",") if arguments.only else [kind.name for kind in kinds]
    if unknown := set(names) - {kind.name for kind in kinds}:
        parser.error(f"no kind {', '.join(sorted(unknown))}; there are {', '.join(kind.name for kind in kinds)}")
    registry, cases, taken = Registry.load(), [], []
    print(f"seed {seed}", flush=True)
    with Progress(console=Console(stderr=True), transient=True) as progress:
        for kind in kinds:
            if kind.name not in names:
                continue
            of_kind, taken_of_kind = _cases(kind, registry, progress, seed=seed, is_short=arguments.short)
            cases += of_kind
            taken += taken_of_kind
    found = score(cases, taken)
    _print(Console(width=max(100, Console().width)), cases, found)
    if arguments.json is not None:
        document = {
            "seed": seed,
            "cases": [_plain(case) for case in cases],
            "bars": [asdict(bar) for bar in found.bars],
        }
        arguments.json.write_text(json.dumps(document, indent=2) + "\n", "utf-8")
    if arguments.picture is not None:
        from foresight_score.picture import draw  # noqa: PLC0415 - a second, where it is asked for

        draw(cases, arguments.picture)
    sys.exit(not all(bar.holds for bar in found.bars))


def _plain(case: Case) -> dict[str, object]:
    way: Way = case.way
    prediction = case.prediction
    return {
        "kind": case.kind,
        **asdict(way),
        "predicted": prediction.seconds,
        "low": prediction.low,
        "high": prediction.high,
        "measured": case.seconds,
    }


if __name__ == "__main__":
    main()
