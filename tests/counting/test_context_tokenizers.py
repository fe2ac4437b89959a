"""A tokenizer that finds words by what stands around them says by itself how it spells the words of a lexicon."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from memory_lexicon import Words
from pipeline_optimization import Registry, count_anagrams
from pipeline_optimization.builtin.signatures import letters_signature
from pipeline_optimization.builtin.tokenizers import ExerciseTokenizer
from pipeline_optimization.counting import index_cache
from pipeline_optimization.counting.index_cache import open_index
from pipeline_optimization.errors import CheckpointError, LexiconError, PluginError
from pipeline_optimization.registry import Selection
from pipeline_optimization.testing import TokenizerContract, check_component, check_tokenizer
from pipeline_optimization.types import Speller, Tokenizer
from project_files import SUPPORT

PLUGINS = SUPPORT / "context_plugins"
MAIL = "From: cat@example.org, To: tac.dog+cat@example.org (the cat and the dog listen)\nstop me@here.net"
ROWS = '1,cat,x\n2,DOG,y\n3,"god",z cat,act,dog\nstop\n'


@pytest.fixture(scope="module")
def registry() -> Registry:
    return Registry.load(Selection(directories=[str(PLUGINS)]))


@pytest.fixture(scope="module")
def lexicon(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return a short lexicon: a tokenizer of Python takes seconds to spell the words of a long one."""
    path = tmp_path_factory.mktemp("lexicon") / "words.txt"
    path.write_text("act\ncat\ndog\ngod\nlisten\nme\nsilent\nspot\nstop\ntac\n")
    return f"file:{path}"


@pytest.mark.parametrize("options", [{}, {"faults": "exercise", "latency_scale": 0.0, "retry": "fixed", "seed": 1}])
@pytest.mark.parametrize("orchestrator", ["sequential", "threaded", "multiprocess"])
@pytest.mark.parametrize(
    ("tokenizer", "text", "expected"),
    [
        ("addresses", MAIL, {"act": 3, "cat": 3, "tac": 3, "dog": 1, "god": 1, "me": 1}),
        ("column", ROWS, {"act": 2, "cat": 2, "tac": 2, "dog": 2, "god": 2}),
    ],
)
def test_counts(
    registry: Registry,
    lexicon: str,
    tokenizer: str,
    text: str,
    expected: dict[str, int],
    orchestrator: str,
    options: dict[str, object],
) -> None:
    """Words are counted where their context says so and nowhere else, fused and in stages, in every worker."""
    if options and options.get("retry") == "fixed":
        options = {**options, "retry_options": {"delay": 0, "attempts": 20}}
    report = count_anagrams(
        text,
        tokenizer=tokenizer,
        lexicon=lexicon,
        orchestrator=orchestrator,
        registry=registry,
        **options,  # type: ignore[arg-type]
    )
    assert report.is_complete
    assert report.anagram_counts == expected


def test_contract(registry: Registry) -> None:
    """Both keep the contract of tokenizers, and so does one that is checked by the contract class."""
    for name in ("addresses", "column"):
        results = check_component(registry, "tokenizer", name)
        assert not [result for result in results if result.status == "failed"]
        assert {"spells_as_it_finds"} <= {result.name for result in results if result.status == "passed"}
        assert isinstance(registry.tokenizer(name).build(), Speller)
    assert not isinstance(registry.tokenizer("exercise").build(), Speller)


class Upper(ExerciseTokenizer):
    """Spells words in its own way: in capitals, and none with an apostrophe."""

    def spell(self, word: str) -> str | None:
        return word.upper() if word.isascii() and word.isalpha() else None


class TestUpper(TokenizerContract):
    def make(self) -> Tokenizer:
        return Upper()


class Unaware:
    """Finds words in brackets only, and does not say how it spells any."""

    is_characterwise = False

    def filter(self, text: str) -> str:
        return text

    def words(self, filtered: str) -> Iterable[str]:
        return re.findall(r"<(\w+)>", filtered)


def test_without_spelling_it_is_told() -> None:
    """The contract and a run say what such a tokenizer lacks, and what to do."""
    (failed,) = [result for result in check_tokenizer(Unaware) if result.status == "failed"]
    assert failed.name == "finds_words_of_lexicons"
    assert "give it a method spell(word)" in failed.detail
    with pytest.raises(LexiconError, match=r"'brackets'.*finds no word of the lexicon 'w'.*a method spell\(word\)"):
        open_index(
            Words(["cat", "act"]),
            letters_signature,
            lexicon_name="w",
            signature_name="s",
            tokenizer=Unaware(),
            tokenizer_name="brackets",
        )


@pytest.mark.parametrize(
    ("spelled", "message"),
    [
        (3, r"spell\('cat'\) of the tokenizer 'odd' returned 3, which is no string"),
        (ValueError("no"), "raised ValueError: no"),
    ],
)
def test_spelling_that_fails(spelled: object, message: str) -> None:
    """What spell() does wrong is an error that names the tokenizer and the word."""

    class Odd(ExerciseTokenizer):
        def spell(self, word: str) -> str | None:
            if isinstance(spelled, Exception):
                raise spelled
            return spelled  # type: ignore[return-value]  # it is the mistake

    with pytest.raises(PluginError, match=message):
        open_index(
            Words(["cat", "act"]),
            letters_signature,
            lexicon_name="w",
            signature_name="s",
            tokenizer=Odd(),
            tokenizer_name="odd",
        )


CODE = """
from pipeline_optimization.hookspecs import hookimpl
from pipeline_optimization.types import Component, NoOptions

class Cut:
    is_characterwise = False
    def __init__(self, options): pass
    def filter(self, text): return text
    def words(self, filtered): return [self.spell(word) for word in filtered.split()]
    def spell(self, word): return word[:{length}]

@hookimpl
def anagram_register_tokenizers():
    return [Component(name="cut", summary="beginnings", factory=Cut, options=NoOptions)]
"""


def test_edited_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the cached index nor a checkpoint of the former code is used when a plugin's file was edited."""
    monkeypatch.setenv("ANAGRAM_CACHE_DIR", str(tmp_path / "cache"))
    (tmp_path / "words.txt").write_text("catalogue\nactress\n")
    (tmp_path / "text.txt").write_text("catalogue")
    found = []
    for number, length in enumerate((3, 4)):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "cut_words.py").write_text(CODE.format(length=length))
        registry = Registry.load(Selection(directories=[str(folder)]))
        index_cache._OPEN.clear()
        options = {"tokenizer": "cut", "lexicon": f"file:{tmp_path / 'words.txt'}", "registry": registry}
        found.append(dict(count_anagrams("catalogue", **options).anagram_counts))  # type: ignore[arg-type]
        (tmp_path / "one.txt").write_text("catalogue\n")  # its groups are the same, however its word is spelled
        options["lexicon"] = f"file:{tmp_path / 'one.txt'}"
        checkpoint = {"checkpoint": tmp_path / "run.checkpoint", "resume": True}
        if number == 0:
            count_anagrams(tmp_path / "text.txt", **options, **checkpoint)  # type: ignore[arg-type]
        else:
            with pytest.raises(CheckpointError, match=r"the code of the tokenizer was .*, and is "):
                count_anagrams(tmp_path / "text.txt", **options, **checkpoint)  # type: ignore[arg-type]
    assert found == [{"actress": 1, "catalogue": 1}, {"catalogue": 1}]
    assert len([name for name in os.listdir(tmp_path / "cache") if name.startswith("index")]) == 4
