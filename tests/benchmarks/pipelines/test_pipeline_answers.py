"""What is equal among results of pipelines, how wrong ones are told, and what recorded calls prove."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen

from pipeline_optimization.benchmarks.inputs import Evidence
from pipeline_optimization.benchmarks.measuring.messages import GarbledError
from pipeline_optimization.benchmarks.pipelines.evidence import Needed
from pipeline_optimization.benchmarks.pipelines.inputs import PipelineInput
from pipeline_optimization.benchmarks.pipelines.wire import Answer, Given, to_plain
from pipeline_optimization.benchmarks.pipelines.work import PipelineWork
from pipeline_optimization.benchmarks.subject.contending import BadResultError
from pipeline_optimization.engine.faults import FaultSettings, TaskFaults
from pipeline_optimization.engine.journal import CallOutcome, CallRecord

TASKS = {"locate": TaskFaults(0.5, 1.0), "twice": TaskFaults(0.0, 1.0)}
KEYS = {"locate": frozenset({"0:0", "0:5"}), "twice": frozenset({"0:0.0", "0:5.0", "0:5.1"})}
WAITING = FaultSettings(profile="latency", latency_scale=1.0, seed=1)


@frozen
class Hit:
    name: str
    number: float


class Nameless:
    """Shows its address only."""


def answer(result: Any, *, elements: int = 3, failed: tuple[tuple[str, str], ...] = ()) -> Answer:
    return Answer(
        elements=elements,
        result=to_plain(result),
        failures=Counter(task for task, _ in failed),
        failed=dict.fromkeys(failed, "ValueError: no"),
    )


def given(result: Any, *, data: bytes = b"text\na", failed: tuple[tuple[str, str], ...] = ()) -> PipelineInput:
    needed = Needed(TASKS, KEYS, frozenset(failed))
    right = answer(result, failed=failed)
    return PipelineInput(data=data, expected=right, needed=needed, own_retries=frozenset(), seconds=1.0)


def judged(right: Any, found: Any, **facts: Any) -> tuple[str, str]:
    """Return the fault of an answer and its sentence, empty texts for a right one."""
    problem = given(right).judge(answer(found, **facts), earlier=[given("earlier", data=b"text\nb")], evidence=None)
    return ("", "") if problem is None else (problem.code, problem.text)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"b": 1, "a": 2}, {"a": 2, "b": 1}),
        ({("x", 1): {3, 1, 2}}, {("x", 1): {2, 3, 1}}),
        (Counter("aab"), Counter("baa")),
        ([float("nan")], [float("nan")]),
        ([Hit("a", 0.1), date(2026, 1, 2), Decimal("1.50"), Path("a/b"), b"x"],) * 2,
    ],
)
def test_what_is_equal_is_right(one: Any, other: Any) -> None:
    """Order does not matter where the type has none; not a number equals itself; objects are what they show."""
    assert judged(one, other) == ("", "")
    assert Answer.of_bytes(answer(one).to_bytes()).to_bytes() == answer(other).to_bytes()


@pytest.mark.parametrize(
    ("right", "found", "sentence"),
    [
        ({"a": 1, "b": 2}, {"a": 1, "b": 3}, "1 of 2 entries differs: 'b' has 3 instead of 2."),
        ({("a", 1): 1}, {}, "1 of 1 entry differs: ('a', 1) has nothing instead of 1."),
        ([1, 2], [1, 3], "Value 2 of 2 is 3 instead of 2."),
        ([1, 2], [1], "It has 1 value instead of 2."),
        (1, 1.0, "1.0 instead of 1."),
        ({1: "a"}, {"1": "a"}, "2 of 2 entries differ: 1 has nothing instead of 'a'."),
        ({"a": 1}, {"a": 1, "b": 2, "c": 3}, "2 of 3 entries differ: 'b' has 2 instead of nothing."),
        ([1], (1,), "(1) instead of [1]."),
        (
            [Hit("a", 1.0)],
            [Hit("a", 2.0)],
            "Value 1 of 1 is Hit(name='a', number=2.0) instead of Hit(name='a', number=1.0).",
        ),
    ],
)
def test_the_first_difference_is_told(right: Any, found: Any, sentence: str) -> None:
    """The sentence says what was there, what was expected, and where."""
    assert judged(right, found) == ("wrong_result", sentence)


def test_wrong_answers_have_their_kinds() -> None:
    """Lost elements, elements that fail elsewhere, and an earlier input's result are told apart."""
    assert judged(1, 1, elements=2) == ("lost_elements", "It took in 2 elements instead of 3.")
    assert judged(1, 1, elements=4) == ("lost_elements", "It took in 4 elements instead of 3.")
    assert judged(1, "earlier") == ("memorised_answer", "It returned the result of an earlier input.")
    code, text = judged(1, 1, failed=(("parse", "0:7"),))
    assert code == "failed_elements"
    assert text.endswith("succeed in a sequential run, the first at parse: ValueError: no.")


def test_elements_that_must_fail_are_part_of_the_answer() -> None:
    """Who has the same failures is right; others instead of them, and fewer, are not."""
    right = given(1, failed=(("parse", "0:7"),))
    same, other, none = (answer(1, failed=f) for f in ((("parse", "0:7"),), (("parse", "0:9"),), ()))
    problems = [right.judge(one, earlier=[], evidence=None) for one in (same, other, none)]
    assert [problem and problem.code for problem in problems] == [None, "failed_elements", "wrong_result"]


def test_a_result_that_shows_its_address_only_is_refused() -> None:
    """Nobody can compare such objects, wherever they are in the result."""
    for result in (Nameless(), [Nameless()], {"a": (1, {2: Nameless()})}):
        with pytest.raises(BadResultError, match="cannot be compared"):
            to_plain(result)


@pytest.mark.parametrize("body", [b"", b"{}", b"[1, 2]", b'["a", 1, {}, []]', b"[1, 1, [], []]", b"[" * 9999])
def test_bytes_that_are_no_answer_are_garbled(body: bytes) -> None:
    """Whatever a contender writes, the harness says what it is."""
    with pytest.raises(GarbledError, match=f"{len(body)} bytes that are no answer"):
        PipelineWork({}).read_answer(body)


@pytest.mark.parametrize(
    "one", [Given("text", "a\ud800\n\nb"), Given("files", ["/a b", "c"]), Given("values", [1, (2, "x")])]
)
def test_inputs_arrive_as_they_were(one: Given) -> None:
    """Texts with line ends and lone surrogates, names, and values of plain types."""
    assert Given.of_bytes(one.to_bytes()) == one


def call(
    task: str, key: str, *, outcome: CallOutcome = "ok", number: int = 1, began: int = 0, ended: int = 1
) -> CallRecord:
    return CallRecord(task, key, number, outcome, 1.0, began, ended)


def examined(*calls: CallRecord, settings: FaultSettings = WAITING) -> Evidence:
    return given(1).examine(calls, settings)


ALL = (
    *(call("locate", key) for key in KEYS["locate"]),
    *(call("twice", key, began=2, ended=3) for key in KEYS["twice"]),
)


def test_calls_prove_the_work() -> None:
    """Each element needs its call of each simulated step, after that of what it was made of; the longest way is the floor."""
    evidence = examined(*ALL)
    assert (evidence.missing, evidence.disorder, evidence.predicted) == ([], "", True)
    assert evidence.floor == 2.0
    (missing,) = examined(*ALL[:-1]).missing
    assert missing.startswith("1 of 3 elements had no successful call of twice, ")
    early = [call("twice", "0:5.1", began=0, ended=1), call("locate", "0:5", began=1, ended=2)]
    assert examined(*early).disorder == "twice was called for the element 0:5.1 before locate had succeeded for it."


def test_retries_lengthen_the_way_as_they_are_drawn() -> None:
    """Each attempt that a fault is drawn for takes its latency; a step that is not simulated under a profile needs no calls."""
    mixed = FaultSettings(profile="exercise", latency_scale=1.0, seed=1)
    plan = mixed.plan(TASKS)
    tries = max(next(n for n in range(1, 99) if not plan.draw("locate", key, n).fails) for key in KEYS["locate"])
    assert examined(*ALL, settings=mixed).floor == tries + 1.0
    still = FaultSettings(profile="latency", latency_scale=0.0, seed=1)
    assert examined(settings=still).missing == []


def test_faults_that_get_through_are_predicted() -> None:
    """Where the last call of an element failed by a fault, more failures are no contender's fault; one that must fail is not asked."""
    unlucky = (*ALL, call("locate", "0:0", outcome="injected", number=2))
    evidence = examined(*unlucky)
    assert not evidence.predicted
    problem = given(1).judge(answer(1, failed=(("locate", "0:0"),)), earlier=[], evidence=evidence)
    assert problem is not None
    assert problem.code == "exhausted_retries"
    assert given(1, failed=(("locate", "0:0"),)).examine(unlucky, WAITING).predicted


def test_digests_depend_on_the_result() -> None:
    """The record of a case tells which result was right."""
    assert given({"a": 1, "b": 2}).expected_digest == given({"b": 2, "a": 1}).expected_digest
    assert given(1).expected_digest != given(2).expected_digest
    assert json.loads(answer(1).to_bytes())[0] == 3
