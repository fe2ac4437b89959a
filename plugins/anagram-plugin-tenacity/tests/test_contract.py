"""The retry policies of tenacity keep what the contract asks of every policy."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import islice
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from number_of_examples import examples
from pipeline_optimization import count_anagrams
from pipeline_optimization.registry import Registry
from pipeline_optimization.testing import RetryPolicyContract
from pipeline_optimization.types import ErrorRecord, RetryPolicy

Label = tuple[str, dict[str, object]]
POLICIES: Sequence[Label] = [
    *(("tenacity", {"wait": wait}) for wait in ("exponential_jitter", "random_exponential", "exponential")),
    *((f"tenacity-policy:policies:{name}", {}) for name in ("PLAIN", "CHAINED", "ENDLESS", "CHOOSY", "decorated")),
]


class TestTenacity(RetryPolicyContract):
    name = "tenacity"


class TestTenacityPolicy(RetryPolicyContract):
    name = "tenacity-policy:policies:CHAINED"


def built(label: Label) -> RetryPolicy:
    return Registry.load().retry_policy(*label).build()


def delays(policy: RetryPolicy, seed: int) -> list[float]:
    return list(islice(policy.delays(Random(seed)), 50))


@pytest.mark.parametrize("label", POLICIES)
def test_the_same_seed_gives_the_same_delays(label: Label) -> None:
    """Delays depend on the generator, on nothing before, and on no other sequence that is read between."""
    policy = built(label)
    first = delays(policy, 1)
    one, other = policy.delays(Random(1)), policy.delays(Random(2))
    interleaved = [pair[0] for pair in islice(zip(one, other, strict=True), 50)]
    assert first == interleaved == delays(policy, 1)
    assert all(delay >= 0 for delay in first)


@pytest.mark.parametrize("label", POLICIES)
def test_the_program_s_own_randomness_is_left_alone(label: Label) -> None:
    """Asking for delays neither reads nor changes what the module ``random`` draws next."""
    policy = built(label)
    random.seed(5)
    expected = [random.random() for _ in range(3)]
    random.seed(5)
    delays(policy, 1)
    assert [random.random() for _ in range(3)] == expected


@examples(30)
@given(seed=st.integers(0, 1000))
def test_jitter(seed: int) -> None:
    """Another seed gives other delays where there is jitter."""
    assert delays(built(POLICIES[0]), seed) != delays(built(POLICIES[0]), seed + 1)


def test_budget_and_deadline() -> None:
    """They are what the engine reads, from the options and from the library's time limits."""
    chosen = built(("tenacity", {"budget": 3, "deadline": "none"}))
    assert (chosen.budget, chosen.deadline) == (3, None)
    found = built(("tenacity-policy:policies:CHAINED", {"budget": "7"}))
    assert (found.budget, found.deadline) == (7, 20)
    assert built(("tenacity-policy:policies:PLAIN", {})).deadline is None


def test_retries() -> None:
    """Mistakes are not retried by chosen policies, and found ones decide as they do elsewhere."""
    luck, mistake = ErrorRecord(type="InjectedFault", message=""), ErrorRecord(type="TypeError", message="")
    assert [built(("tenacity", {})).retries(error) for error in (luck, mistake)] == [True, False]
    assert [built(("tenacity-policy:policies:PLAIN", {})).retries(error) for error in (luck, mistake)] == [True, True]


@pytest.mark.parametrize("label", [POLICIES[0], POLICIES[3]])
def test_runs(label: Label) -> None:
    """A run under faults makes the attempts that the policy allows, twice the same."""
    reports = [
        count_anagrams(
            "Stop, the post and the spot: tops! " * 5,
            retry=label[0],
            retry_options={"max": 0.0} if label[0] == "tenacity" else {},
            faults="heavy",
            latency_scale=0.0,
            seed=4,
            orchestrator=virtual(),
        )
        for _ in range(2)
    ]
    assert reports[0].ledger_digest == reports[1].ledger_digest
    assert sum(stats.retries for stats in reports[0].tasks.values()) > 0


def virtual() -> object:
    from pipeline_optimization.engine.virtual import VirtualOrchestrator

    return VirtualOrchestrator(2)
