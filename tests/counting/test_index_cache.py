"""The cached index: used when it fits, built anew when it is damaged, foreign or out of date."""

from __future__ import annotations

from collections.abc import Hashable
from itertools import product
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from platformdirs import user_cache_dir

from memory_lexicon import Words
from pipeline_optimization.builtin.lexicons import FileLexicon, FileLexiconOptions
from pipeline_optimization.builtin.signatures import counts_signature, letters_signature, primes_signature
from pipeline_optimization.counting import index as indexes
from pipeline_optimization.counting import index_cache
from pipeline_optimization.counting.index import AnagramIndex, IndexedLines
from pipeline_optimization.counting.index_cache import open_index
from pipeline_optimization.disk_cache import cache_directory
from pipeline_optimization.errors import LexiconError
from pipeline_optimization.types import Signature


def as_tuple(word: str) -> Hashable:
    return tuple(sorted(word))


def as_set(word: str) -> Hashable:
    return frozenset((char, word.count(char)) for char in word)


def with_surrogate(word: str) -> Hashable:
    return "\udcff" + "".join(sorted(word))


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Point the cache to an empty directory, and forget open indexes before each opening."""
    monkeypatch.setenv("ANAGRAM_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


def opened(lexicon: Words, signature: Signature = letters_signature, name: str = "s") -> AnagramIndex:
    index_cache._OPEN.clear()
    return open_index(lexicon, signature, lexicon_name="words", signature_name=name)


def groups(index: AnagramIndex) -> list[list[str]]:
    return [index.words_of(number) for number in range(len(index))]


@pytest.mark.parametrize(
    "signature", [letters_signature, counts_signature, primes_signature, as_set, as_tuple, with_surrogate]
)
def test_cached(cache: Path, signature: Signature) -> None:
    """The second opening reads the file, not the lexicon, and gives the same index."""
    lexicon = Words(["cat", "ACT", "dog", "x1", "", "a b", "act"])
    first = opened(lexicon, signature)
    again = opened(lexicon, signature)
    assert lexicon.reads == 1
    assert groups(first) == groups(again) == [["act", "cat"], ["dog"]]
    assert again.groups_of(["tac", "god", "x", "y" * 5000]) == [0, 1, None, None]
    assert len(list(cache.iterdir())) == 1


@pytest.mark.parametrize(
    ("signature", "is_kept"),
    [
        (letters_signature, True),
        (counts_signature, True),
        (primes_signature, True),
        (as_tuple, True),
        (with_surrogate, True),
        (as_set, False),
    ],
)
def test_kept_signatures(cache: Path, signature: Signature, is_kept: bool) -> None:
    """Signatures that text can hold are not computed again, which would take longer than all else of a small run."""
    computed: list[str] = []

    def counting(word: str) -> Hashable:
        computed.append(word)
        return signature(word)

    lexicon = Words(["cat", "act", "\u00e4rger"])
    opened(lexicon, counting)
    computed.clear()
    index = opened(lexicon, counting)
    assert computed == ([] if is_kept else ["act", "\u00e4rger"])
    assert index.groups_of(["tac", "rger\u00e4", "x"]) == [0, 1, None]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    words=st.sets(st.text("abc\u00e9\U00010428", min_size=1, max_size=6), min_size=1, max_size=60),
    others=st.lists(st.text("abc\u00e9\U00010428 \n", max_size=7), max_size=20),
)
def test_few_are_found_as_many(
    cache: Path, monkeypatch: pytest.MonkeyPatch, words: set[str], others: list[str]
) -> None:
    """A kept index gives the groups and words of the built one, whether it is asked for a few or for all of them."""
    monkeypatch.setattr(indexes, "STEP", 3)
    lexicon = Words(sorted(words), identity=repr(sorted(words)))
    built, kept = opened(lexicon), opened(lexicon)
    asked = [*others, *sorted(words)]
    expected = built.groups_of(asked)
    assert len(kept) == len(built)
    assert [kept.groups_of([word]) for word in asked] == [[group] for group in expected]
    assert groups(kept) == groups(built)
    assert kept.groups_of(asked * 1000) == expected * 1000
    assert groups(kept) == groups(built)
    assert kept.first_words() == built.first_words()


def test_a_few_words_are_found_without_cutting_all(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which takes a fifth of a small run."""
    lexicon = Words(["".join(letters) for letters in product("abcdefg", repeat=4)])
    opened(lexicon)
    index = opened(lexicon)
    monkeypatch.setattr(IndexedLines, "all", lambda self: pytest.fail("all lines were cut"))
    (group,) = index.groups_of(["gabc"])
    assert group is not None
    assert "abcg" in index.words_of(group)


def test_many_are_asked_for_in_the_midst_of_a_few(cache: Path) -> None:
    """As another thread may do, which shares the index: what is looked up by then is found all the same."""
    lexicon = Words(["cat", "act", "dog"])
    asked: list[str] = []

    def interrupting(word: str) -> str:
        if word == "tac" and not asked:
            asked.extend(["dog"] * 5000)
            assert set(index.groups_of(asked)) == {1}
        return letters_signature(word)

    opened(lexicon, interrupting)
    index = opened(lexicon, interrupting)
    assert lexicon.reads == 1
    assert index.groups_of(["tac", "god", ""]) == [0, 1, None]


def test_identity_and_signature_key_the_cache(cache: Path) -> None:
    """Another identity or another signature never meets the wrong index."""
    opened(Words(["cat"]))
    assert groups(opened(Words(["dog"], identity="2"))) == [["dog"]]
    assert groups(opened(Words(["cat"]), name="other")) == [["cat"]]
    assert len(list(cache.iterdir())) == 3


def test_every_damage_is_survived(cache: Path) -> None:
    """A cache file cut at any byte or changed at any byte is not used, and replaced."""
    lexicon = Words(["cat", "act", "dog"])
    opened(lexicon)
    (path,) = cache.iterdir()
    whole = path.read_bytes()
    damages = [whole[:n] for n in range(len(whole))]
    damages += [whole[:n] + bytes([whole[n] ^ 1]) + whole[n + 1 :] for n in range(len(whole))]
    damages += [b"", b"\x80\x04.", b"null\n", b"[]\n", b'{"key": 1}\n', b"\xff" * 100]
    for damage in damages:
        path.write_bytes(damage)
        index = opened(lexicon)
        assert groups(index) == [["act", "cat"], ["dog"]]
        assert index.groups_of(["tac", "god"]) == [0, 1]


def test_a_cache_that_cannot_be_written(cache: Path) -> None:
    """Where the cache directory is a file, the index is built each time, without an error."""
    cache.write_text("in the way")
    lexicon = Words(["cat"])
    for _ in range(2):
        assert groups(opened(lexicon)) == [["cat"]]
    assert lexicon.reads == 2


@pytest.mark.parametrize("home", ["/somewhere", "somewhere", "", None])
def test_default_directory(monkeypatch: pytest.MonkeyPatch, home: str | None) -> None:
    """Without a setting the cache is where platformdirs says, though that is not imported everywhere."""
    monkeypatch.delenv("ANAGRAM_CACHE_DIR")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    if home is not None:
        monkeypatch.setenv("XDG_CACHE_HOME", home)
    assert str(cache_directory()) == user_cache_dir("pipeline-optimization", appauthor=False)


def test_file_lexicons(tmp_path: Path, cache: Path) -> None:
    """A lexicon file's words count in lower case; a changed file gives a changed index."""
    path = tmp_path / "words.txt"
    path.write_bytes(b"\xef\xbb\xbfCat\r\ndon't\nact\n\xff\n")
    assert groups(opened_file(path)) == [["act", "cat"]]
    path.write_text("dog\nÄrger\n")
    assert groups(opened_file(path)) == [["dog"], ["ärger"]]
    path.write_text("123")
    with pytest.raises(LexiconError, match="no usable word"):
        opened_file(path)


def opened_file(path: Path) -> AnagramIndex:
    lexicon = FileLexicon(FileLexiconOptions(path=str(path)))
    return open_index(lexicon, letters_signature, lexicon_name="file", signature_name="letters")
