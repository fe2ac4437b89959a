"""Hold what is foreseen against what then happens: errors, coverage of the intervals, and regret of the choices.

Usage: hatch run foresight [--short] [--seed N] [--only KIND,...] [--json PATH] [--picture PATH.svg]

The figures of the work are drawn from the seed, which is drawn itself unless it is given, so that nothing can be fitted to them. Of each kind of
work a tenth is run one after the other, under another seed of the faults; from its events all ways of running are foreseen, and then
each of them is run in a program of its own.
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
from foresight_score.scoring import Score, score
from pipeline_optimization.foresight.advice import advise
from pipeline_optimization.registry import Registry


def _cases(kind: Kind, registry: Registry, progress: Progress, *, seed: int, is_short: bool) -> list[tuple[Case, bool]]:
    """Return the runs of a kind of work, and of each whether the advice would take it."""
    ways = ways_for(kind, is_short=is_short)
    task = progress.add_task(kind.name, total=len(ways) + 1)
    seen = probe(kind, seed=seed + 1)
    progress.advance(task)
    foreseen = foresee_ways(registry, seen.work, ways, tick=lambda: None)
    used = []
    for retry in kind.retries:
        of_retry = [pair for pair, way in zip(foreseen, ways, strict=True) if way.retry == retry]
        predictions = [prediction for _, prediction in of_retry]
        used.append(advise(predictions, arguments=[one.arguments for one, _ in of_retry], work=seen.work).use)
    found = []
    for (_, prediction), way in zip(foreseen, ways, strict=True):
        seconds = real_run(kind, way, seed=seed)
        case = Case(kind=kind.name, way=way, prediction=prediction, seconds=seconds)
        found.append((case, any(prediction is one for one in used)))
        progress.advance(task)
    return found


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
            f"  {regret.kind}: {regret.chosen} was advised, {regret.best} was best: regret {regret.share:.1%}"
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
    registry, cases, chosen = Registry.load(), [], {}
    print(f"seed {seed}", flush=True)
    with Progress(console=Console(stderr=True), transient=True) as progress:
        for kind in kinds:
            if kind.name not in names:
                continue
            for case, is_used in _cases(kind, registry, progress, seed=seed, is_short=arguments.short):
                cases.append(case)
                if is_used:
                    chosen[f"{kind.name}, {case.way.retry}" if len(kind.retries) > 1 else kind.name] = case
    found = score(cases, chosen)
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
