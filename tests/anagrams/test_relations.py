"""A signature may put words together by another relation than that of anagrams, if it says so."""

from __future__ import annotations

import json
import os
from collections.abc import Hashable, Sequence
from pathlib import Path
from unittest import mock

import pytest

from pipeline_optimization import Registry, count_anagrams
from pipeline_optimization.cli import main
from pipeline_optimization.hookspecs import hookimpl
from pipeline_optimization.testing import CheckResult, SignatureContract, check_component
from pipeline_optimization.types import Component, ComponentOf, NoOptions, Signature
from similar_cases import some

PLUGIN = """
from pipeline_optimization.hookspecs import hookimpl
from pipeline_optimization.types import Component, NoOptions

def skeleton(word, /):
    return "".join(letter for letter in word if letter not in "aeiou")

def make(options):
    return skeleton

@hookimpl
def anagram_register_signatures():
    return [Component(name="skeleton", summary="consonants", factory=make, options=NoOptions, relation="consonants")]
"""


def skeleton(word: str, /) -> Hashable:
    """Take words of the same consonants, each once where it stands several times in a row, for related."""
    kept = [letter for letter in word if letter not in "aeiou"]
    return "".join(one for one, before in zip(kept, ["", *kept], strict=False) if one != before)


def make_skeleton(options: NoOptions) -> Signature:
    return skeleton


class Skeletons:
    """A plugin whose signature declares its relation, or not."""

    def __init__(self, relation: str) -> None:
        self._relation = relation

    @hookimpl
    def anagram_register_signatures(self) -> Sequence[ComponentOf[Signature]]:
        component = Component(
            name="skeleton",
            summary="the consonants",
            factory=make_skeleton,
            options=NoOptions,
            relation=self._relation,
        )
        return [component]


def registry(relation: str) -> Registry:
    made = Registry.load()
    made.register(Skeletons(relation), "skeletons")
    return made


def by_status(results: Sequence[CheckResult], status: str) -> set[str]:
    return {result.name for result in results if result.status == status}


def anagram(arguments: Sequence[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    """Run a command in this process; return its exit code, its output, and its messages."""
    with mock.patch.dict(os.environ, {"COLUMNS": "100"}), pytest.raises(SystemExit) as ended:
        main(arguments)
    captured = capsys.readouterr()
    return int(ended.value.code or 0), captured.out, captured.err


def test_anagrams_are_the_default() -> None:
    """What declares nothing is of the anagram relation; a relation is a word of one line."""
    component = Component(name="s", summary="s", factory=make_skeleton, options=NoOptions)
    assert component.relation == "anagram"
    for wrong in ("", "  ", "two\nlines"):
        with pytest.raises(ValueError, match="'s': relation must be a name such as 'phonetic'"):
            Component(name="s", summary="s", factory=make_skeleton, options=NoOptions, relation=wrong)


def test_the_kit_checks_what_is_declared() -> None:
    """A signature with a relation of its own keeps its contract; undeclared, it is not the anagram relation."""
    declared = check_component(registry("consonants"), "signature", "skeleton")
    assert not by_status(declared, "failed")
    skipped = {result.name: result.detail for result in declared if result.status == "skipped"}
    assert {"is_equal_for_anagrams", "differs_for_others"} <= set(skipped)
    assert skipped["differs_for_others"] == "it declares the relation 'consonants'"
    undeclared = check_component(registry("anagram"), "signature", "skeleton")
    assert by_status(undeclared, "failed") == {"is_equal_for_anagrams", "differs_for_others"}
    (hint,) = [one.detail for one in undeclared if one.name == "differs_for_others"]
    assert hint.endswith('If it stands for another relation, declare it: Component(..., relation="phonetic").')


class TestSkeleton(SignatureContract):
    """The contract class takes the relation of what is not registered."""

    relation = "consonants"

    def make(self) -> Signature:
        return skeleton


def test_words_longer_than_the_lexicons() -> None:
    """A relation may put words together that differ in length; a word too long for any stands for no other."""
    found = {
        text: dict(count_anagrams(text, signature="skeleton", registry=registry("consonants")).anagram_counts)
        for text in ("ptpt", "p" * 900 + "tpt", "p" * 5000 + "tpt", "a" * 900, "a" * 5000)
    }
    assert found["ptpt"]
    assert found["p" * 900 + "tpt"] == found["ptpt"]
    assert found["p" * 5000 + "tpt"] == {}
    assert "a" in found["a" * 900]
    assert found["a" * 5000] == {}


def test_a_test_case_expects_anagrams_only(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Counts of another relation are not called wrong; the table, JSON and the exit code say that they are others."""
    (tmp_path / "skeleton.py").write_text(PLUGIN)
    arguments = ["run", "--test-case", "small", "--latency-scale", "0", "--plugins-dir", str(tmp_path)]
    code, out, err = anagram([*arguments, "--signature", "skeleton"], capsys)
    assert (code, err) == (0, "")
    assert "not compared: the test case expects anagrams, and this run counts the relation 'consonants'" in " ".join(
        out.split()
    )
    assert "1 with matches" in out
    code, out, _ = anagram([*arguments, "--signature", "skeleton", "--format", "json"], capsys)
    report = json.loads(out)
    assert (code, report["relation"]) == (0, "consonants")
    assert "matches_expected" not in report
    code, out, _ = anagram([*arguments, "--signature", "counts", "--format", "json"], capsys)
    assert (code, json.loads(out)["matches_expected"]) == (0, True)


@pytest.mark.parametrize(
    ("option", "why"),
    some(
        [
            ("--tokenizer=whitespace", "expects words of 'exercise', and this run's are of 'whitespace'"),
            ("--lexicon=web2", "expects words in 'gcide', and this run's are in 'web2'"),
        ],
        every=2,
    ),
)
def test_other_rules_are_told(option: str, why: str, capsys: pytest.CaptureFixture[str]) -> None:
    """With another tokenizer or lexicon, too, the table says why counts are not compared with the test case's."""
    code, out, _ = anagram(["run", "--test-case", "small", "--latency-scale", "0", option], capsys)
    assert code == 0
    assert why in " ".join(out.split())
