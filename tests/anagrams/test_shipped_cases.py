"""The built-in test cases hold what they claim, by an oracle that shares no code with the project."""

from __future__ import annotations

import json
from collections import Counter

import pytest

import oracle
from pipeline_optimization.anagrams.cases import CASE_NAMES, load_cases
from project_files import ROOT

CASES = json.loads((ROOT / "resources" / "test_cases.json").read_text("utf-8"))


def test_names() -> None:
    """The file holds the three cases in order of size, and the package finds the same ones."""
    assert tuple(CASES) == CASE_NAMES
    assert {name: case.text for name, case in load_cases().items()} == {n: c["text"] for n, c in CASES.items()}


@pytest.mark.parametrize("name", CASE_NAMES)
def test_expected_counts(name: str) -> None:
    """The expected counts are what the oracle recomputes."""
    assert CASES[name]["expected"] == oracle.count(CASES[name]["text"])


@pytest.mark.parametrize(("name", "least", "most"), [("small", 1, 1), ("medium", 18, 24), ("large", 110, 140)])
def test_sizes(name: str, least: int, most: int) -> None:
    """The cases have about 1, 20 and 120 words."""
    assert least <= len(oracle.tokens(CASES[name]["text"])) <= most


@pytest.mark.parametrize("name", ["medium", "large"])
def test_variety(name: str) -> None:
    """The larger cases have apostrophes, hyphens, digits, capitals, punctuation, and repeated words."""
    text = CASES[name]["text"]
    assert all(sign in text for sign in "'-,.:")
    assert any(char.isdigit() for char in text)
    assert any(char.isupper() for char in text)
    assert Counter(oracle.tokens(text)).most_common(1)[0][1] > 1


@pytest.mark.parametrize(
    ("text", "counts"),
    [
        ("cat", {"act": 1, "cat": 1, "tac": 1}),
        ("", {}),
        ("C.A.T cat7 7", {"act": 1, "cat": 1, "tac": 1}),
        ("I'll", {"ill": 1}),
        ("do/g", {"dog": 1, "god": 1}),
        ("cat-cat\u2003cat", {"act": 3, "cat": 3, "tac": 3}),
        ("naïve", {"nave": 1, "vane": 1}),
    ],
)
def test_oracle(text: str, counts: dict[str, int]) -> None:
    """The oracle itself gives what a person works out by hand."""
    assert oracle.count(text, ["act", "cat", "tac", "ill", "dog", "god", "nave", "vane"]) == counts
