"""What is general speaks of nothing in particular: import-linter sees imports, this sees words."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import pipeline_optimization

ROOT = Path(pipeline_optimization.__file__).parent
TERM = re.compile(r"(?i)(?<![a-z])(words?|tokenizers?|signatures?|lexicons?|anagrams?)(?![a-z])")
OTHERWISE = re.compile(r"anagram_[a-z_]+|ANAGRAM_[A-Z_]+|anagram-[a-z]+|`anagram |in words|formerly=.*")
"""Names of hooks, variables, distributions and the command, and figures of speech."""

FRONTS = {"testing/__init__.py", "testing/every_kind.py"}
"""They put the general part and that of anagrams together."""


@pytest.mark.parametrize("package", ["checkpoint", "engine", "testing"])
def test_general_parts_know_no_anagrams(package: str) -> None:
    """No word, tokenizer, signature, lexicon or anagram is named in what every pipeline uses."""
    found = [
        f"{path}:{number}: {line.strip()}"
        for path in sorted((ROOT / package).rglob("*.py"))
        if "anagrams" not in path.parts and str(path.relative_to(ROOT)) not in FRONTS
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1)
        if TERM.search(OTHERWISE.sub("", line))
    ]
    assert not found, "\n".join(found)


def test_the_look_sees() -> None:
    """A term is found where there is one."""
    assert TERM.search(OTHERWISE.sub("", "from pipeline_optimization.types import Tokenizer"))
    assert TERM.search(OTHERWISE.sub("", "a lexicon's words"))
    assert not TERM.search(OTHERWISE.sub("", "def anagram_run_started(self) -> None: ..."))
