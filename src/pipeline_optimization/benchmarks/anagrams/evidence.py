"""What the calls of an execution prove: which work was done, what the draws allowed, and how long it had to take."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from pipeline_optimization.benchmarks.anagrams.stages import EXTRA_TASKS, TEXT_TASKS, WORD_TASK, fault_plan
from pipeline_optimization.benchmarks.inputs import Evidence
from pipeline_optimization.benchmarks.judging.tries import Tries, least_chain
from pipeline_optimization.engine.faults import FaultPlan, FaultSettings, fault_key
from pipeline_optimization.engine.journal import CallRecord
from pipeline_optimization.plural import counted

if TYPE_CHECKING:
    from pipeline_optimization.benchmarks.anagrams.texts import FreshText

__all__ = ["examine"]


def examine(calls: Sequence[CallRecord], text: FreshText, settings: FaultSettings) -> Evidence:
    """Compare the calls of an execution with its text and its faults."""
    plan, tries = fault_plan(settings), Tries.of(calls)
    # A token with a digit matches nothing, so it need not be looked up.
    words = sorted({fault_key(token) for token in text.tokens if token.isalpha()})
    name = WORD_TASK.spec.name
    return Evidence(
        calls=len(calls),
        recovered=tries.recovered,
        exhausted=len(tries.exhausted),
        predicted=not tries.unlucky,
        missing=_missing(tries, words),
        disorder=_disorder(calls),
        failed_items=[word for word in words if (name, word) in tries.items and (name, word) not in tries.succeeded],
        floor=_floor(plan, tries, text, words),
        overshoot=tries.overshoot,
    )


def _missing(tries: Tries, words: Sequence[str]) -> list[str]:
    """Return what was left undone.

    If a text was cut into pieces, each piece must succeed. Otherwise a contender could ask for many pieces at once, and only one of them would need
    to be lucky.
    """
    sentences = []
    for name in (task.spec.name for task in TEXT_TASKS):
        pieces = [item for item in tries.items if item[0] == name]
        undone = [piece for piece in pieces if piece not in tries.succeeded]
        if len(undone) == len(pieces):
            sentences.append(f"{name} never succeeded.")
        elif undone:
            sentences.append(
                f"{name} never succeeded for {len(undone)} of the {len(pieces)} pieces that it was called for."
            )
    name = WORD_TASK.spec.name
    without = [word for word in words if (name, word) not in tries.succeeded]
    if without:
        sentences.append(
            f"{len(without)} of {counted(len(words), 'word')} had no successful {name}, {without[0]!r} among them."
        )
    return sentences


def _disorder(calls: Sequence[CallRecord]) -> str:
    """Return which stage was called before the stage before it had ever succeeded.

    Pieces of a text may be in several stages at once, so only the first success of the stage before counts.
    """
    order = [*((task.spec.name,) for task in TEXT_TASKS), tuple(task.spec.name for task in (WORD_TASK, *EXTRA_TASKS))]
    for (before, *_), names in pairwise(order):
        ready = min((call.ended for call in calls if call.task == before and call.outcome == "ok"), default=0)
        for call in calls:
            if call.task in names and call.began < ready:
                return f"{call.task} was called for {call.key!r} before {before} had succeeded."
    return ""


def _floor(plan: FaultPlan, tries: Tries, text: FreshText, words: Sequence[str]) -> float:
    """Return the least seconds that the drawn latencies allow, with any number of workers."""
    keys = {"filter_input": fault_key(text.text), "get_words": fault_key(text.oracle.filtered(text.text))}
    floor = 0.0
    for task in TEXT_TASKS:
        name = task.spec.name
        # A contender may give the stage pieces of the text. Then it must wait for at least one success.
        is_whole = (name, keys[name]) in tries.items
        floor += least_chain(plan, name, keys[name]) if is_whole else plan.least_latency(name)
    name = WORD_TASK.spec.name
    return floor + max((least_chain(plan, name, word) for word in words if (name, word) in tries.items), default=0.0)
