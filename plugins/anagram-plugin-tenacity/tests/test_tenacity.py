"""What the engine is told is what tenacity itself would do; what cannot be told is refused."""

from __future__ import annotations

import random
from functools import cache
from itertools import islice
from random import Random

import pytest
import tenacity
from hypothesis import given
from hypothesis import strategies as st

from pipeline_optimization.errors import OptionError
from pipeline_optimization.registry import Registry
from pipeline_optimization.types import ErrorRecord, RetryPolicy

loaded = cache(Registry.load)


def found(name: str) -> RetryPolicy:
    return loaded().retry_policy(f"tenacity-policy:policies:{name}").build()


def slept(retrying: tenacity.BaseRetrying, seed: int, at_most: int = 20) -> list[float]:
    """Return how long tenacity sleeps between attempts that all fail, by running its own loop without sleeping."""
    sleeps: list[float] = []
    calls = 0

    def fail() -> None:
        nonlocal calls
        calls += 1
        if calls > at_most:
            raise KeyboardInterrupt
        raise OSError

    random.seed(seed)
    with pytest.raises((tenacity.RetryError, KeyboardInterrupt)):
        retrying.copy(sleep=sleeps.append)(fail)
    return sleeps


@pytest.mark.parametrize("name", ["PLAIN", "CHAINED", "ENDLESS", "CHOOSY", "TWO_STOPS"])
@given(seed=st.integers(0, 2**32))
def test_delays_are_the_library_s(name: str, seed: int) -> None:
    """The engine waits exactly as long as tenacity's own loop would sleep, from the same random numbers."""
    import policies

    assert list(islice(found(name).delays(Random(seed)), 20)) == slept(getattr(policies, name), seed)


@pytest.mark.parametrize(
    ("options", "strategy"),
    [
        ({}, tenacity.wait_exponential_jitter(multiplier=0.1, max=5, jitter=1)),
        ({"wait": "random_exponential", "multiplier": 2}, tenacity.wait_random_exponential(multiplier=2, max=5)),
        ({"wait": "exponential", "exp_base": 3, "min": 0.3}, tenacity.wait_exponential(0.1, 5, 3, 0.3)),
    ],
)
def test_options_are_the_library_s(options: dict[str, object], strategy: tenacity.wait.wait_base) -> None:
    """Options mean what the library's arguments of the same names mean."""
    policy = Registry.load().retry_policy("tenacity", {"attempts": 7, **options}).build()
    retrying = tenacity.Retrying(wait=strategy, stop=tenacity.stop_after_attempt(7))
    assert list(policy.delays(Random(3))) == slept(retrying, 3)
    assert len(list(policy.delays(Random(3)))) == 6


def test_a_decorated_function() -> None:
    """The policy of a function that tenacity decorates is found by the function's name."""
    assert list(found("decorated").delays(Random(0))) == [1.0]


def test_errors_by_type() -> None:
    """Types of exceptions decide as they do in the library, subclasses and unknown classes included."""
    choosy = found("CHOOSY")
    answers = {
        "OSError": True, "ConnectionError": True, "UnicodeDecodeError": True, "LexiconError": True,
        "FileNotFoundError": False, "KeyError": False, "json.decoder.JSONDecodeError": True, "no.such.Error": False,
        "builtins": False,
    }  # fmt: skip
    assert {name: choosy.retries(ErrorRecord(type=name, message="")) for name in answers} == answers
    any_error = ErrorRecord(type="no.such.Error", message="")
    assert [found(name).retries(any_error) for name in ("PLAIN", "ALWAYS", "NEVER")] == [True, True, False]


@pytest.mark.parametrize(
    ("label", "message"),
    [
        ("tenacity-policy", "needs a place"),
        ("tenacity-policy:policies", "needs a place"),
        ("tenacity-policy:no_such_module:X", "Cannot find.*PYTHONPATH"),
        ("tenacity-policy:policies:MISSING", "Cannot find"),
        ("tenacity-policy:policies:NOT_A_POLICY", "of type int"),
        ("tenacity-policy:policies:BY_MESSAGE", "retry_any, which needs the exception itself"),
        ("tenacity-policy:policies:BY_OUTCOME", "cannot be asked for a delay.*outcome"),
        ("tenacity-policy:policies:BY_BOTH", "joined by &.*joined by"),
    ],
)
def test_what_cannot_be_mapped_is_refused(label: str, message: str) -> None:
    """A policy that looks at more than there is to see is refused before anything runs, with the reason."""
    with pytest.raises(OptionError, match=message):
        Registry.load().retry_policy(label).build()
