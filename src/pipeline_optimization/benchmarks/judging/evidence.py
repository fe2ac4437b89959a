"""What the calls of an execution prove: which work was done, what the draws allowed, and how long it had to take."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from attrs import frozen

from pipeline_optimization.benchmarks.stages import EXTRA_TASKS, TEXT_TASKS, WORD_TASK, fault_plan
from pipeline_optimization.benchmarks.texts import FreshText
from pipeline_optimization.engine.faults import FaultPlan, FaultSettings, fault_key
from pipeline_optimization.engine.journal import CallRecord
from pipeline_optimization.plural import counted

__all__ = ["Evidence", "examine"]


@frozen(kw_only=True)
class Evidence:
    """``missing`` is work without a successful call, as sentences; ``failed_words`` never got through.

    ``disorder`` says what was called before what it works on was there; it is empty where all was in order. ``predicted`` says whether every item that was called for got through in the end. ``floor`` is in seconds: the
    longest chain of drawn latencies (filter, then split, then the slowest word), whatever runs beside it.
    """

    calls: int
    recovered: int
    exhausted: int
    predicted: bool
    missing: Sequence[str]
    disorder: str
    failed_words: Sequence[str]
    floor: float
    overshoot: float


def examine(calls: Sequence[CallRecord], text: FreshText, settings: FaultSettings) -> Evidence:
    """Hold the calls that an execution made against its text and its faults."""
    plan = fault_plan(settings)
    items: dict[tuple[str, str], list[CallRecord]] = defaultdict(list)
    # Another copy of an earlier attempt may end late.
    for call in sorted(calls, key=lambda call: call.number):
        items[call.task, call.key].append(call)
    succeeded = {item for item, tries in items.items() if any(call.outcome == "ok" for call in tries)}
    recovered = sum(1 for item in succeeded if any(call.outcome == "injected" for call in items[item]))
    exhausted = sum(1 for item, tries in items.items() if item not in succeeded and tries[-1].outcome == "injected")
    # A token with a digit matches nothing, so nobody needs to look it up.
    words = sorted({fault_key(token) for token in text.tokens if token.isalpha()})
    name = WORD_TASK.spec.name
    failed_words = [word for word in words if (name, word) in items and (name, word) not in succeeded]
    return Evidence(
        calls=len(calls),
        recovered=recovered,
        exhausted=exhausted,
        predicted=all(tries[-1].outcome != "injected" for tries in items.values()),
        missing=_missing(items, succeeded, words),
        disorder=_disorder(calls),
        failed_words=failed_words,
        floor=_floor(plan, items, text, words),
        overshoot=sum((call.ended - call.began) / 1e9 - call.latency for call in calls),
    )


def _missing(items: Iterable[tuple[str, str]], succeeded: set[tuple[str, str]], words: Sequence[str]) -> list[str]:
    """Return what was left undone.

    Of a text in pieces each must get through: else whoever asks for many at once would need just one of them to be lucky.
    """
    sentences = []
    for name in (task.spec.name for task in TEXT_TASKS):
        pieces = [item for item in items if item[0] == name]
        undone = [piece for piece in pieces if piece not in succeeded]
        if len(undone) == len(pieces):
            sentences.append(f"{name} never succeeded.")
        elif undone:
            sentences.append(
                f"{name} never succeeded for {len(undone)} of the {len(pieces)} pieces that it was called for."
            )
    name = WORD_TASK.spec.name
    without = [word for word in words if (name, word) not in succeeded]
    if without:
        sentences.append(
            f"{len(without)} of {counted(len(words), 'word')} had no successful {name}, {without[0]!r} among them."
        )
    return sentences


def _disorder(calls: Sequence[CallRecord]) -> str:
    """Return which stage was called before the stage before it had ever succeeded.

    Pieces of a text may be in several stages at once, so what counts is the first success of the stage before.
    """
    order = [*((task.spec.name,) for task in TEXT_TASKS), tuple(task.spec.name for task in (WORD_TASK, *EXTRA_TASKS))]
    for (before, *_), names in pairwise(order):
        ready = min((call.ended for call in calls if call.task == before and call.outcome == "ok"), default=0)
        for call in calls:
            if call.task in names and call.began < ready:
                return f"{call.task} was called for {call.key!r} before {before} had succeeded."
    return ""


def _floor(
    plan: FaultPlan, items: Mapping[tuple[str, str], Sequence[CallRecord]], text: FreshText, words: Sequence[str]
) -> float:
    """Return the least time that the drawn latencies allow with any number of workers."""
    keys = {"filter_input": fault_key(text.text), "get_words": fault_key(text.oracle.filtered(text.text))}
    floor = 0.0
    for task in TEXT_TASKS:
        name = task.spec.name
        # A contender may give the stage pieces of the text; then at least one success has to be waited for.
        is_whole = (name, keys[name]) in items
        floor += _chain(plan, name, keys[name]) if is_whole else plan.least_latency(name)
    name = WORD_TASK.spec.name
    return floor + max((_chain(plan, name, word) for word in words if (name, word) in items), default=0.0)


def _chain(plan: FaultPlan, task: str, key: str) -> float:
    """Return the least latency of an item's attempts up to the first that does not fail; another copy may be no straggler."""
    total = 0.0
    for number in range(1, 1000):
        total += plan.least_latency(task)
        if not plan.draw(task, key, number).fails:
            break
    return total
