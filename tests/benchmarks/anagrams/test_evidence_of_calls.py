"""What the record of calls proves where attempts run in several copies, and some are stragglers."""

from __future__ import annotations

from pipeline_optimization.benchmarks.anagrams.evidence import examine
from pipeline_optimization.benchmarks.anagrams.texts import FreshText
from pipeline_optimization.benchmarks.inputs import Evidence
from pipeline_optimization.engine.faults import FaultPlan, FaultSettings, fault_key
from pipeline_optimization.engine.journal import CallOutcome, CallRecord
from pipeline_optimization.tasks.find_anagrams_task import find_anagrams

TEXT = FreshText.of("cat dog")


def call(word: str, number: int, outcome: CallOutcome) -> CallRecord:
    return CallRecord("find_anagrams", fault_key(word), number, outcome, 0.0, 0, 1)


def examined(faults: str, *calls: CallRecord, seed: int = 0) -> Evidence:
    return examine(calls, TEXT, FaultSettings(profile=faults, latency_scale=1.0, seed=seed))


def test_a_late_copy_does_not_undo_success() -> None:
    """A copy of a failed attempt may end after a later attempt: the item got through all the same."""
    word = TEXT.tokens[0]
    assert examined("exercise", call(word, 2, "ok"), call(word, 1, "injected")).predicted
    assert not examined("exercise", call(word, 1, "injected")).predicted


def test_permutations_do_not_stand_for_find_anagrams() -> None:
    """A word is done by a successful ``find_anagrams``; making its permutations is work on top, and spares nothing."""
    stages = [CallRecord(stage, "", 1, "ok", 0.0, 0, 1) for stage in ("filter_input", "get_words")]
    permuted = [CallRecord("permutations", fault_key(word), 1, "ok", 0.0, 0, 1) for word in TEXT.tokens]
    looked_up = [call(word, 1, "ok") for word in TEXT.tokens]
    (missing,) = examined("exercise", *stages, *permuted).missing
    assert missing.startswith("2 of 2 words had no successful find_anagrams")
    both = examined("exercise", *stages, *permuted, *looked_up)
    assert both.missing == []
    assert both.floor == examined("exercise", *stages, *looked_up).floor > 0


def test_nobody_must_wait_for_stragglers() -> None:
    """The time that a contender must take is that without stragglers: another copy may be none."""
    plain = examined("latency", *(call(word, 1, "ok") for word in TEXT.tokens)).floor
    plan = FaultSettings(profile="tail", latency_scale=1.0, seed=0).plan({"find_anagrams": find_anagrams.spec.faults})
    slow = [seed for seed in range(200) if straggles(plan, seed)]
    assert slow
    for seed in slow:
        assert examined("tail", *(call(word, 1, "ok") for word in TEXT.tokens), seed=seed).floor == plain


def test_stages_come_in_order() -> None:
    """A call for a word before any split had succeeded is told; a piece that is split later is no reason to."""

    def text(task: str, began: int, ended: int) -> CallRecord:
        return CallRecord(task, "k", 1, "ok", 0.0, began, ended)

    word = CallRecord("find_anagrams", "cat", 1, "ok", 0.0, 5, 6)
    order = [text("filter_input", 0, 1), text("get_words", 2, 3), word, text("get_words", 5, 9)]
    assert examined("exercise", *order).disorder == ""
    ahead = [text("filter_input", 0, 1), text("get_words", 2, 7), word]
    assert examined("exercise", *ahead).disorder == "find_anagrams was called for 'cat' before get_words had succeeded."
    split = [text("filter_input", 2, 4), text("get_words", 3, 5), word]
    assert examined("exercise", *split).disorder == "get_words was called for 'k' before filter_input had succeeded."


def straggles(plan: FaultPlan, seed: int) -> bool:
    """Return whether the first call for the text's first word is a straggler under a seed."""
    from attrs import evolve

    key = fault_key(TEXT.tokens[0])
    draw = evolve(plan, seed=seed).draw("find_anagrams", key, 1)
    return draw.latency > plan.least_latency("find_anagrams")
