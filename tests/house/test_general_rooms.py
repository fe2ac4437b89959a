"""Rooms of the house that serve any pipeline: they know nothing of what the built-in one counts."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import pipeline_optimization

HOUSE = Path(pipeline_optimization.__file__).parent

ROOMS = (
    "benchmarks/judging",
    "benchmarks/measuring",
    "benchmarks/subject",
    "checkpoint",
    "engine",
    "pipeline",
    "registry",
    "sources",
    "testing",
)

BORDERS = ("testing/__init__.py", "testing/every_kind.py", "testing/anagrams/")
"""Where checks of every kind of component are put together, and those of the built-in pipeline's kinds."""

TERMS = re.compile(r"tokeni[sz]|lexicon|speller|anagram|distinct.words|\bletters_", re.IGNORECASE)
"""What belongs to one pipeline. ``signature`` is not among it, since functions have one too."""

PROJECT = re.compile(
    r"anagram_(run_(started|finished)|task_(failed|retried|logged)|item_finished|checkpoint_saved)"  # hooks of every run
    r"|anagram_counting_kernel|\"anagram(_observer|_kernel|_)?\"|tool\.anagram|AnagramError|\"anagram-"  # its other names for plugins, and its error
    r"|ANAGRAM_[A-Z_*]+|anagram (run|retry|compare|benchmark|plugins)|hatch run (\{name\}:)?anagram|anagram-plugin-"
)
"""Where the project's own name is a part of hooks, variables, commands and distributions."""


@pytest.mark.parametrize("room", ROOMS)
def test_a_general_room_speaks_of_no_words(room: str) -> None:
    """No line of these packages, comments included, has a term that only the built-in pipeline gives a meaning."""
    modules = [
        module
        for module in sorted((HOUSE / room).rglob("*.py"))
        if not module.relative_to(HOUSE).as_posix().startswith(BORDERS)
    ]
    assert modules
    found = [
        f"{module.relative_to(HOUSE)}:{number}: {line.strip()}"
        for module in modules
        for number, line in enumerate(module.read_text(encoding="utf-8").splitlines(), start=1)
        if TERMS.search(PROJECT.sub("", line))
    ]
    assert not found, "\n".join(found)
