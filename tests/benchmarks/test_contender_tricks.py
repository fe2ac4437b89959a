"""Tricks by which a contender could look better than it is, or be called what it is not."""

from __future__ import annotations

from unittest.mock import Mock

import pytest

from contender_samples import MIXED, QUICK, codes, measure
from pipeline_optimization.benchmarks.judging import delays
from pipeline_optimization.benchmarks.schedule import make_round
from pipeline_optimization.engine.journal import CallRecord
from pipeline_optimization.registry import Registry

NAMED = [
    ("returns_twins", "bad_result", "twice, with "),
    ("denies_its_lines", "bad_result", r"has the key 'cat\ndog', which is no word."),
    ("forgets_its_time", "bad_result", "has no key 'runtime', but 'anagram_counts', 'ms'; {'runtime': "),
    ("hides_its_type", "bad_result", "where an int is expected."),
    (
        "replaces_the_pipes",
        "exited",
        "It closed or changed the harness's pipe, or ended its process with exit code 213",
    ),
    pytest.param(
        "hides_its_threads", "leaked_thread", "Left behind: 12 threads; after each execution", marks=pytest.mark.slow
    ),
    pytest.param(
        "sleeps_at_exit",
        "timeout",
        "It was killed after its last text, while the interpreter shut down.",
        marks=pytest.mark.slow,
    ),
]


@pytest.mark.parametrize(("name", "code", "words"), NAMED)
def test_each_trick_has_its_true_name(name: str, code: str, words: str) -> None:
    """The problem is what the contender did, and its text says what was there, what was expected, or where."""
    sample = measure(name, QUICK)
    assert codes(sample) == {code}, sample.problems
    assert words in sample.problems[0].text


def test_the_start_is_timed_from_outside() -> None:
    """Whatever clocks a contender replaces, importing it, making it and closing it take as long as they take."""
    sample = measure("hides_its_start", QUICK)
    assert codes(sample) == set(), sample.problems
    for taken in (sample.import_ms, sample.setup_ms, sample.teardown_ms):
        assert taken is not None
        assert taken >= 100


def test_a_policy_for_each_call_does_not_hold_up_the_judge(monkeypatch: pytest.MonkeyPatch) -> None:
    """A contender may claim any number of retry policies. Making one takes milliseconds, so only the first ones are looked at."""
    made = Mock(wraps=Registry.load)
    monkeypatch.setattr(Registry, "load", made)
    round_ = make_round(MIXED, "timed", 1, seed=7, warm_runs=1)
    assert round_.settings is not None
    _, given = round_.inputs[0]
    calls = [CallRecord("find_anagrams", f"w{i}", 1, "ok", 0.0, 0, 1, f"fixed delay=0.{i:03}") for i in range(200)]
    monkeypatch.setattr(type(given), "occurrences", lambda *_: 1)
    delays.delays_of(calls, given, round_.settings)
    assert 0 < made.call_count <= delays.MOST_POLICIES


def test_who_cannot_be_closed_may_still_leave() -> None:
    """A contender whose close() raises has that fault only: its process ends by itself, and at once."""
    sample = measure("raises_when_closed", QUICK)
    assert codes(sample) == {"exception"}
    assert sample.exit == "0"
