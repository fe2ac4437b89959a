"""Failure rates, orchestrators and retry policies, each with each: exact counts, or exactly the predicted report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest
from attrs import evolve, field, frozen

import oracle
from pipeline_optimization.anagrams.plan import AnagramOptions, make_plan
from pipeline_optimization.anagrams.stages import FILTER_INPUT, FIND_ANAGRAMS, GET_WORDS
from pipeline_optimization.builtin.tokenizers import ExerciseTokenizer
from pipeline_optimization.engine.faults import FaultPlan, FaultSettings, TaskFaults, fault_key
from pipeline_optimization.engine.limits import Limits
from pipeline_optimization.pipeline.run import execute
from pipeline_optimization.registry import Registry
from pipeline_optimization.sources import TextSource
from pipeline_optimization.types import NoOptions
from soak_rounds import Bar

pytestmark = pytest.mark.soak

RATES = [0.0, 0.1, 0.3, 0.6, 1.0]
SEEDS = 50
ORCHESTRATORS: dict[str, dict[str, object]] = {
    "sequential": {},
    "threaded": {"workers": 2},
    "asyncio": {},
    "multiprocess": {"workers": 1, "start": "fork"},
}
POLICIES: dict[str, dict[str, object]] = {
    "none": {},
    "fixed": {"attempts": 3, "delay": 0.0},
    "exponential": {"attempts": 10, "base": 0.0},
}
TEXT = "The cat's act: stop, spot, post! Tea-pot 3 dogs; god listen, silent. Cat enlist tinsel x9 stop"


@frozen
class Prediction:
    """What the draws say of a run: the counts that are left, and the items that fail for good by task."""

    counts: dict[str, int]
    failures: dict[str, int] = field(factory=dict)


def predict(plan: FaultPlan, attempts: int) -> Prediction:
    """Work the report out from the draws alone, without engine, retries or orchestrator."""

    def fails(task: str, text: str) -> bool:
        return all(plan.draw(task, fault_key(text), number).fails for number in range(1, attempts + 1))

    if fails(FILTER_INPUT, TEXT):
        return Prediction({}, {FILTER_INPUT: 1})
    if fails(GET_WORDS, ExerciseTokenizer(NoOptions()).filter(TEXT)):
        return Prediction({}, {GET_WORDS: 1})
    words = Counter(oracle.tokens(TEXT))
    lost = {word for word in words if fails(FIND_ANAGRAMS, word)}
    left = " ".join(word for word, number in words.items() if word not in lost for _ in range(number))
    return Prediction(oracle.count(left), {FIND_ANAGRAMS: len(lost)} if lost else {})


def reports(orchestrator: str, policy: str, rate: float, seeds: range) -> Iterator[tuple[Prediction, Prediction]]:
    """Yield what was predicted and what came, seed by seed."""
    registry = Registry.load()
    for seed in seeds:
        options = AnagramOptions(
            orchestrator=orchestrator,
            orchestrator_options=ORCHESTRATORS[orchestrator],
            retry=policy,
            retry_options=POLICIES[policy],
            faults=FaultSettings(profile="exercise", latency_scale=0.0, seed=seed),
            limits=Limits(breaker=0),
        )
        plan = make_plan(registry, options)
        tasks = {task: TaskFaults(rate, 0.0) for task in (FILTER_INPUT, GET_WORDS, FIND_ANAGRAMS)}
        plan = evolve(plan, job=evolve(plan.job, faults=evolve(plan.faults, tasks=tasks)))
        report = execute(plan, [TextSource(TEXT)], registry)
        failures = {task: count for (task, _), count in report.failures.items()}
        assert report.is_complete == (not failures)
        attempts = {"none": 1, "fixed": 3, "exponential": 10}[policy]
        yield predict(plan.faults, attempts), Prediction(dict(report.anagram_counts), failures)


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("orchestrator", ORCHESTRATORS)
def test_every_report_is_the_predicted_one(
    orchestrator: str, policy: str, rate: float, bar: Bar, first_seed: int
) -> None:
    """No time passes: latency and delays are nothing."""
    begin = SEEDS * (first_seed - 1)
    seeds = range(begin, begin + bar(SEEDS))
    for seed, (predicted, found) in zip(seeds, reports(orchestrator, policy, rate, seeds), strict=True):
        assert found == predicted, f"seed {seed}"
