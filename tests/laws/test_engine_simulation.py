"""The engine keeps its promises under every seed of a hostile world."""

from __future__ import annotations

import pytest

import engine_simulation
from similar_cases import some

SEEDS = 2_000
"""The soak runs 20,000, these among them."""

BLOCK = 250


@pytest.mark.parametrize("first", some(range(0, SEEDS, BLOCK), every=8))
def test_seeds(first: int) -> None:
    """Nothing is lost, doubled or left running, poison is found out, and neither losses nor deaths change the result."""
    engine_simulation.check_seeds(first, first + BLOCK)


def test_a_suspect_that_waits_for_its_quota_holds_up_no_other() -> None:
    """Two suspects have quotas of their own, and the later one's has room first: it runs, and the engine does not spin."""
    engine_simulation.check_seed(engine_simulation.TWO_SUSPECTS)


def test_seeds_differ() -> None:
    """The seeds cover losses, poison, failures for good and calm."""
    outcomes = [engine_simulation.run(engine_simulation.Scenario.of(seed)) for seed in range(60)]
    assert any(outcome.has_poison for outcome in outcomes)
    assert any(outcome.has_timeouts for outcome in outcomes)
    assert any(outcome.lives > 3 for outcome in outcomes)
    kinds = {
        (type(event).__name__, getattr(event, "status", getattr(event, "kind", "")))
        for o in outcomes
        for event in o.trace
    }
    assert {
        ("ItemFinished", "done"),
        ("ItemFinished", "failed"),
        ("TaskFailed", "lost"),
        ("TaskFailed", "error"),
    } <= kinds
