"""The test cases that ship with the project."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from attrs import field, frozen

from pipeline_optimization.types.components import ANAGRAM

__all__ = ["CASE_NAMES", "TestCase", "load_cases", "other_rules"]

CASE_NAMES = ("small", "medium", "large")
FILE_NAME = "test_cases.json"
TOKENIZER, LEXICON = "exercise", "gcide"
"""The components with which the expected counts were made."""


@frozen
class TestCase:
    """A text with the counts of its anagrams, as the reference tokenizer and the lexicon ``gcide`` give them."""

    __test__ = False  # it is no test class, although pytest might think so by its name

    name: str
    text: str
    expected: Mapping[str, int] = field(repr=False)


def other_rules(*, tokenizer: str, lexicon: str, relation: str) -> str:
    """Return why a run with these components counts something else than the cases expect, or an empty text."""
    if relation != ANAGRAM:
        return f"the test case expects anagrams, and this run counts the relation {relation!r}"
    if tokenizer != TOKENIZER:
        return f"the test case expects words of {TOKENIZER!r}, and this run's are of {tokenizer!r}"
    if lexicon != LEXICON:
        return f"the test case expects words in {LEXICON!r}, and this run's are in {lexicon!r}"
    return ""


def load_cases() -> dict[str, TestCase]:
    """Return the cases by name, from the wheel, or from the checkout that the package is installed from."""
    from importlib.resources import files  # noqa: PLC0415 - own text needs none

    packaged = files("pipeline_optimization") / "resources" / FILE_NAME
    in_checkout = Path(__file__).parents[3] / "resources" / FILE_NAME
    text = packaged.read_text("utf-8") if packaged.is_file() else in_checkout.read_text("utf-8")
    return {name: TestCase(name, case["text"], case["expected"]) for name, case in json.loads(text).items()}
