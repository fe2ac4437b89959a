"""The score for a terminal, as Markdown for the documentation, and as data."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from statistics import median

from attrs import asdict
from rich.console import Console
from rich.table import Table

from foresight_score.lenient import disturbed_sentence
from foresight_score.measuring import Case
from foresight_score.scoring import Score, chance_alone, fitting_model_error
from pipeline_optimization.foresight.interval import MODEL_ERROR

__all__ = ["as_data", "as_markdown", "print_score"]


def print_score(console: Console, cases: Sequence[Case], found: Score, *, is_short: bool) -> None:
    """Print all runs, what choices cost, and the bars; in the long form also the ``MODEL_ERROR`` to set."""
    console.print(_table(cases))
    for regret in found.regrets:
        console.print(
            f"  {regret.taken.kind} ({regret.taken.retry}), {regret.taken.by}: regret {regret.share:.1%}; best was {regret.best.way}, "
            f"taken {regret.taken.way or 'nothing yet'}"
        )
    for bar in found.bars:
        console.print(f"  {bar}")
    if disturbed := disturbed_sentence(cases):
        console.print(disturbed)
    if not is_short:
        console.print(_chance_sentence(cases))
        console.print(_advised_model_error(cases))


def _chance_sentence(cases: Sequence[Case]) -> str:
    return f"The same work takes another time with other draws: a perfect model would have a 95th percentile of {chance_alone(cases):.1%} in these runs."


def _advised_model_error(cases: Sequence[Case]) -> str:
    return (
        f"MODEL_ERROR in foresight/interval.py is {MODEL_ERROR:g}; these {len(cases)} runs ask for {fitting_model_error(cases):.3f}, "
        "with which nine of ten intervals cover. Set it from a score of a quiet machine."
    )


def _table(cases: Sequence[Case]) -> Table:
    table = Table(
        title="Predicted and measured",
        caption="seconds; same draws: the error of the prediction from a recording with the same failures, latencies and values; "
        "* outside of the 90 % interval, ~ the program had to wait for a processor",
    )
    for name in ("work", "orchestrator", "retry"):
        table.add_column(name)
    for name in ("workers", "predicted", "interval", "measured", "error", "same draws", "processor", "predicted"):
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
            f"{case.seconds:.3f}" + (" ~" if case.made.is_disturbed else ""),
            f"{case.error:+.1%}",
            f"{case.error_with_same_draws:+.1%}" if case.same_draws else "",
            f"{case.made.processor:.2f}",
            f"{case.foreseen_processor:.2f}",
        )
    return table


def as_markdown(cases: Sequence[Case], found: Score, *, seed: int, share: float) -> str:
    """Return the score as Markdown: the bars, then the errors by kind of work. ``share`` of the elements were observed."""
    lines = [
        f"{len(cases)} runs, seed {seed}, predicted from a run of {share:.0%} of the elements.",
        "",
        "| measure | found |",
        "|---|---|",
    ]
    lines += [f"| {bar.claim} | {bar.found}{'' if bar.holds else ' (missed)'} |" for bar in found.bars]
    lines += ["", _chance_sentence(cases)]
    lines += [
        "",
        "| work | runs | median error, same draws | largest | median error, other draws | largest | 95th percentile by chance alone | covered |",
    ]
    lines += ["|---|---|---|---|---|---|---|---|"]
    for kind in dict.fromkeys(case.kind for case in cases):
        of_kind = [case for case in cases if case.kind == kind]
        errors = sorted(abs(case.error) for case in of_kind)
        same = sorted(abs(case.error_with_same_draws) for case in of_kind if case.same_draws) or [math.nan]
        covered = sum(case.is_covered for case in of_kind)
        lines.append(
            f"| {kind} | {len(of_kind)} | {median(same):.1%} | {same[-1]:.1%} | {median(errors):.1%} | {errors[-1]:.1%} | {chance_alone(of_kind):.1%} | {covered} of {len(of_kind)} |"
        )
    return "\n".join(lines) + "\n"


def as_data(cases: Sequence[Case], found: Score, *, seed: int) -> Mapping[str, object]:
    """Return the score as what a JSON document is made of."""
    return {
        "seed": seed,
        "model_error": MODEL_ERROR,
        "fitting_model_error": fitting_model_error(cases),
        "chance_alone": chance_alone(cases),
        "cases": [_plain(case) for case in cases],
        "taken": [
            {**asdict(one.taken), "best": one.best.way, "best_seconds": one.best.seconds, "regret": one.share}
            for one in found.regrets
        ],
        "bars": [asdict(bar) for bar in found.bars],
    }


def _plain(case: Case) -> Mapping[str, object]:
    prediction = case.prediction
    return {
        "kind": case.kind,
        **asdict(case.way),
        "predicted": prediction.seconds,
        "low": prediction.low,
        "high": prediction.high,
        "chance": prediction.chance,
        "predicted_with_same_draws": None if case.same_draws is None else case.same_draws.seconds,
        "measured": case.seconds,
        "processor": case.made.processor,
        "predicted_processor": case.foreseen_processor,
        "delayed": case.made.delayed,
    }
