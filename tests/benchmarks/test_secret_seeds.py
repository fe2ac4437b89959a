"""A seed that contenders could guess is no help to them, and still repeats what it repeated."""

from __future__ import annotations

from pathlib import Path

import pytest

from contender_samples import MIXED, codes, measure
from pipeline_optimization.benchmarks.contenders import file_contender
from pipeline_optimization.benchmarks.results import NAMESPACE
from pipeline_optimization.benchmarks.secret_seeds import WIDE, new_wide_seed, unguessable
from pipeline_optimization.benchmarks.session import compare
from pipeline_optimization.benchmarks.settings import ComparisonSettings
from pipeline_optimization.cli.compare.command import compare as compare_command
from pipeline_optimization.cli.compare.options import collect
from pipeline_optimization.registry import Registry
from project_files import CONTENDERS


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ANAGRAM_CACHE_DIR", str(tmp_path))
    return tmp_path


def test_a_small_seed_needs_a_key(cache: Path) -> None:
    """A small seed repeats for the same user. It says nothing to those who have no key, or another one."""
    first = unguessable(5)
    assert first == unguessable(5) >= WIDE
    assert first != unguessable(6)
    (cache / "comparisons" / "key").unlink()
    assert unguessable(5) not in {5, first}


def test_a_wide_seed_is_used_as_it_is() -> None:
    """It repeats everywhere."""
    seeds = {new_wide_seed() for _ in range(100)}
    assert len(seeds) == 100
    assert all(WIDE <= seed < 1 << 53 and unguessable(seed) == seed for seed in seeds)


def test_without_a_cache_a_seed_is_used_as_it_is(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (cache / "file").touch()
    monkeypatch.setenv("ANAGRAM_CACHE_DIR", str(cache / "file"))
    assert unguessable(5) == 5


@pytest.mark.parametrize("arguments", [["--seed", "5"], []])
def test_commands_draw_with_a_secret(arguments: list[str]) -> None:
    """The record has the seed that was given. If none was, it cannot be guessed."""
    context = compare_command.make_context("compare", [*arguments])
    options = collect(dict(context.params))
    settings = options.settings(
        context, Registry.load(), cases=[MIXED], reference="x", rounds=1, budget=None, least_rounds=1, most_rounds=1
    )
    assert settings.seed == options.seed
    assert (settings.seed == 5) == bool(arguments)
    assert settings.drawing_seed == unguessable(settings.seed) >= WIDE


def test_samples_are_drawn_with_the_secret() -> None:
    """Texts and faults of two secrets differ, though the seed is the same."""
    samples = []
    for secret in (1, 2):
        settings = ComparisonSettings(
            cases=[MIXED],
            reference="honest",
            seed=7,
            secret_seed=secret,
            rounds=1,
            memory_rounds=0,
            workers=1,
            timeout=30.0,
            command="",
        )
        honest = file_contender(CONTENDERS / "honest.py")
        results = compare([honest], settings, keep=lambda sample: None, show=lambda step: None)
        assert results.run.seed == 7
        samples.append(results.cases[0].expected_digests)
    assert samples[0].keys() == samples[1].keys()
    assert samples[0] != samples[1]


def test_a_contender_cannot_read_the_key(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    unguessable(5)
    monkeypatch.setenv("PLACES_OF_SEEDS", str(cache / "comparisons" / "key"))
    sample = measure("looks_for_the_seed")
    if sample.isolation != NAMESPACE:
        pytest.skip(f"no namespaces: {sample.isolation}")
    assert codes(sample) == set(), sample.problems
