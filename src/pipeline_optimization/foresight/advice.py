"""What to use: configurations in order, which of them cannot be told apart, and a sentence that says so."""

from __future__ import annotations

import math
import shlex
from collections.abc import Iterable, Sequence

from attrs import field, frozen

from pipeline_optimization.foresight.interval import MODEL_ERROR, NORMAL_95
from pipeline_optimization.foresight.reasons import REASONS, reason
from pipeline_optimization.foresight.simulate import Prediction
from pipeline_optimization.foresight.work import WorkModel
from pipeline_optimization.plural import counted
from pipeline_optimization.time_units import in_unit

__all__ = [
    "LEGEND",
    "Advice",
    "advise",
    "bounded",
    "change_sentence",
    "clock",
    "interval",
    "is_tied",
    "marked",
    "outside",
    "title",
]

LEGEND = "90 %: the interval that nine of ten runs should be in. = cannot be told from the best."
"""What a table of predictions does not say itself."""


@frozen(kw_only=True)
class Advice:
    """Predictions in order, the best first. ``use`` is what to take: the simplest of the ``ties``, which cannot be told from the best."""

    predictions: Sequence[Prediction]
    use: Prediction
    ties: Sequence[Prediction]
    sentence: str
    more: Sequence[str] = field(factory=list)


def advise(predictions: Sequence[Prediction], *, arguments: Sequence[Sequence[str]], work: WorkModel) -> Advice:
    """Return what to use.

    Args:
        predictions: What was foreseen, in the order from simple to complex: of equals the first is taken.
        arguments: For each of them, the options of the command line that select it.
        work: What was foreseen for.

    Raises:
        ValueError: If there is no prediction.
    """
    least = min(one.failures for one in predictions)
    here = [one for one in predictions if not one.configuration.needs_cluster] or predictions
    # Items that fail for good are lost work: who loses fewer goes before who is faster.
    eligible = [one for one in here if one.failures <= _few(least, work) and not one.stopped] or here
    best = min(eligible, key=lambda one: one.seconds)
    ties = [one for one in eligible if is_tied(one, best)]
    use = ties[0]
    order = sorted(predictions, key=lambda one: (one is not use, one not in ties, one not in eligible, one.seconds))
    chosen = arguments[next(at for at, one in enumerate(predictions) if one is use)]
    return Advice(
        predictions=order,
        use=use,
        ties=[one for one in ties if one is not use],
        sentence=_sentence(use, chosen, here, ties),
        more=_more(use, ties, predictions, work),
    )


def is_tied(one: Prediction, best: Prediction) -> bool:
    """Return whether a prediction cannot be told from the best one.

    Both saw the same draws, so chance in them cancels out; what the model leaves out of each does not.
    """
    if one is best or one.seconds <= best.seconds:
        return True
    if best.seconds <= 0:
        return False
    return math.log(one.seconds / best.seconds) < NORMAL_95 * MODEL_ERROR * math.sqrt(2)


def _few(least: float, work: WorkModel) -> float:
    """Return how many items may fail for good where so few must: chance alone makes a difference of some."""
    return least + 2 * math.sqrt(least + 1e-9) + 0.001 * sum(work.number_of_items().values())


def _sentence(
    use: Prediction, arguments: Sequence[str], predictions: Sequence[Prediction], ties: Sequence[Prediction]
) -> str:
    gain, why, simplest = "", "", predictions[0]
    if use.seconds and simplest.seconds > use.seconds:
        gain = f", {times(simplest.seconds / use.seconds)} as fast as {title(simplest, predictions)}"
    slower = [one for one in predictions if one.seconds > use.seconds and not any(one is tie for tie in ties)]
    if len(predictions) > 1:
        why = f", since {reason(use, slower)}"
    is_simplest = "the simplest of those that cannot be told apart: " if len(ties) > 1 else ""
    return f"Use {shlex.join(arguments)}: {is_simplest}about {clock(use.seconds)} ({interval(use, ' to ')}){gain}{why}."


def _more(use: Prediction, ties: Sequence[Prediction], predictions: Sequence[Prediction], work: WorkModel) -> list[str]:
    found = []
    others = [title(one, predictions) for one in ties if one is not use]
    if others:
        shown = ", ".join(others[:4]) + (f" and {counted(len(others) - 4, 'other')}" if len(others) > 4 else "")
        found.append(f"Cannot be told from it: {shown}.")
    if use.share >= 0.01:
        found.append(f"It is bound by {use.bound} for {use.share:.0%} of its time: {REASONS[use.bound]}.")
    if use.floor > 0.5 * use.seconds and use.bound != "limit":
        found.append(f"Unlimited workers would need {clock(use.floor)}: the longest chain of attempts and delays.")
    if use.failures >= 0.5:
        found.append(f"About {counted(round(use.failures), 'item')} will fail for good.")
    lossy = [one for one in predictions if one.seconds < use.seconds and one.failures > _few(use.failures, work)]
    found += [
        f"{title(one, predictions)} would take {clock(one.seconds)}, but lose about {counted(round(one.failures), 'item')}."
        for one in sorted(lossy, key=lambda one: one.seconds)[:1]
        if not one.stopped
    ]
    found += _on_a_cluster(use, predictions)
    found += [f"{title(one, predictions)} would stop early: {one.stopped}." for one in predictions if one.stopped][:1]
    if not work.is_count_known:
        found.append("How much there is to do is not known: the times are those of what was seen.")
    return found


def _on_a_cluster(use: Prediction, predictions: Sequence[Prediction]) -> Sequence[str]:
    """Return a sentence about the smallest cluster that would be as fast as any, if that is faster than what is taken on this machine."""
    away = [
        one
        for one in predictions
        if one.configuration.needs_cluster and not one.stopped and round(one.failures) <= round(use.failures)
    ]
    best = min(away, key=lambda one: one.seconds, default=use)
    if use.configuration.needs_cluster or is_tied(use, best):
        return []
    one = next(one for one in away if is_tied(one, best))
    faster = times(use.seconds / one.seconds)
    return [
        f"If you have a cluster of {counted(one.configuration.workers, 'core')}: {title(one, predictions)} would take {clock(one.seconds)}, {faster} as fast."
    ]


def title(one: Prediction, among: Sequence[Prediction] = ()) -> str:
    """Return what people call a configuration: ``threaded with 8 workers``; with its retry policy where those it is ``among`` have several."""
    chosen = one.configuration
    workers = "" if chosen.orchestrator == "sequential" else f" with {counted(chosen.workers, 'worker')}"
    has_retries = any(other.configuration.retry_name != chosen.retry_name for other in among)
    return f"{chosen.orchestrator}{workers}{f' and retry {chosen.retry_name}' if has_retries else ''}"


def change_sentence(before: Advice, after: Advice, text: str) -> str:
    """Return what a change of the work or of the ways is worth: what the run takes without it, and with it, each in its best way."""
    old, new = before.use, after.use
    pace = ", times that cannot be told apart"
    if new.seconds and old.seconds and not (is_tied(new, old) and is_tied(old, new)):
        ratio = old.seconds / new.seconds
        pace = f", {times(ratio)} as fast" if ratio >= 1 else f", {times(1 / ratio)} as long"
    lost = ""
    if round(new.failures) != round(old.failures):
        lost = f"; {counted(round(new.failures), 'item')} will fail for good instead of {round(old.failures):,}"
    both = (old, new)
    return f"With {text}: {clock(new.seconds)} ({title(new, both)}) instead of {clock(old.seconds)} ({title(old, both)}){pace}{lost}."


def marked(one: Prediction, advice: Advice) -> str:
    """Return a way's orchestrator with its marks: ``=`` where it cannot be told from what is advised, ``*`` outside what was seen."""
    mark = " =" if any(one is tie for tie in advice.ties) else ""
    return one.configuration.orchestrator + mark + ("*" if one.extrapolated else "")


def bounded(one: Prediction) -> str:
    """Return what bounds a way of running, and for how much of its time."""
    return "stops early" if one.stopped else f"{one.bound} {one.share:.0%}"


def outside(predictions: Iterable[Prediction]) -> Sequence[str]:
    """Return what ``*`` stands for in these predictions."""
    marks = dict.fromkeys(mark for one in predictions for mark in one.extrapolated)
    return [f"* extrapolated: {mark}" for mark in marks]


def clock(seconds: float) -> str:
    """Return a time with two or three digits that matter, in a unit in which it can be read."""
    amount, unit = in_unit(float(f"{seconds:.3g}"))
    return f"{amount:,.0f} {unit}" if amount >= 100 else f"{amount:.3g} {unit}"


def interval(one: Prediction, between: str = " – ") -> str:
    """Return the 90 % interval, with its unit once if both ends have the same."""
    low, high = clock(one.low), clock(one.high)
    (number, _, unit), same = low.partition(" "), high.partition(" ")[2]
    return f"{number if unit == same else low}{between}{high}"


def times(ratio: float) -> str:
    """Return a ratio as people say it: ``2.5 times``."""
    return f"{ratio:.2g} times" if ratio < 100 else f"{ratio:.0f} times"
