"""Anagrams in other languages than English, whatever the chunks, the signature and the way of running."""

from __future__ import annotations

from collections import Counter
from itertools import product
from pathlib import Path
from unicodedata import normalize

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from anagram_plugin_unicode.tokenizer import UnicodeTokenizer
from number_of_examples import examples
from pipeline_optimization import count_anagrams
from pipeline_optimization.registry import Registry
from similar_cases import some

REGISTRY = Registry.load()

LANGUAGES = {
    "German": (
        "Lager Regal Algen Nagel lange Straße Strasse Öfen Ärger Rast Star heißt",
        "Das REGAL im Lager: lange Nägel, ein Nagel. Die STRASSE heißt »Straße«, und die Rast\xadstätte nicht Star.",
        {"lager": 2, "regal": 2, "lange": 2, "algen": 2, "nagel": 2, "straße": 2, "strasse": 2, "heißt": 1, "star": 1, "rast": 1},
    ),
    "French": (
        "chien niche chine été thé hâte marée arrière cœur eau aue",
        "Le chien dort dans sa niche. L’ÉTÉ, l'eau et la marée : le cœur va en Chine !",
        {"chien": 3, "niche": 3, "chine": 3, "été": 1, "eau": 1, "aue": 1, "marée": 1, "cœur": 1},
    ),
    "Spanish": (
        "amor Roma ramo mora niño año ñoño canción",
        "¿Qué amor, en ROMA? ¡Un ramo para el niño! El AÑO\u202fpasado… cancio\u0301n.",
        {"amor": 3, "roma": 3, "ramo": 3, "mora": 3, "niño": 1, "año": 1, "canción": 1},
    ),
    "Russian": (
        "кот ток рост сорт торс трос ёлка ласка скала йод",
        "Кот и ТОК; рост — «сорт», трос. Ёлка, скала, И\u0306од.",
        {
            "кот": 2, "ток": 2, "рост": 3, "сорт": 3, "торс": 3, "трос": 3, "ёлка": 1, "ласка": 1, "скала": 1, "йод": 1,
        },
    ),
    "Greek": (
        "λόγος γόλος όμως ώμος",
        "Ο ΛΌΓΟΣ, όμως· λόγος.",
        {"λόγος": 2, "γόλος": 2, "όμως": 1},
    ),
    "Hindi": ("कमल मलक हिन्दी", "कमल, हिन्दी। कमल", {"कमल": 2, "मलक": 2, "हिन्दी": 1}),
}  # fmt: skip
OPTIONS = {"tokenizer": "unicode", "tokenizer_options": {"apostrophe": "separates"}}


@pytest.fixture(params=LANGUAGES)
def language(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, str, dict[str, int]]:
    """Return a lexicon's name, a text, and the counts that are right."""
    words, text, counts = LANGUAGES[request.param]
    path = tmp_path / "words.txt"
    path.write_text("\n".join(words.split()), "utf-8")
    return f"file:{path}", text, dict(sorted(counts.items()))


@pytest.mark.parametrize(("signature", "form"), some(product(["letters", "counts", "primes"], ["NFC", "NFD"]), every=3))
def test_languages(language: tuple[str, str, dict[str, int]], signature: str, form: str) -> None:
    """Anagrams are found in German, French, Spanish, Russian, Greek and Hindi, in composed and decomposed text."""
    lexicon, text, counts = language
    report = count_anagrams(normalize(form, text), lexicon=lexicon, signature=signature, **OPTIONS)
    assert report.anagram_counts == counts


@pytest.mark.parametrize(
    ("orchestrator", "faults"),
    some(product(["sequential", "threaded", "asyncio", "multiprocess"], ["none", "heavy"]), every=3),
)
def test_every_way_of_running(language: tuple[str, str, dict[str, int]], orchestrator: str, faults: str) -> None:
    """Fused and staged, in threads and in processes, the counts are the same."""
    lexicon, text, counts = language
    report = count_anagrams(
        text,
        lexicon=lexicon,
        orchestrator=orchestrator,
        faults=faults,
        seed=3,
        latency_scale=0.0,
        retry="fixed",
        retry_options={"attempts": 60, "delay": 0.0},
        **OPTIONS,
    )
    assert report.anagram_counts == counts


@examples(80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    text=st.text(st.sampled_from("aэ́e\u0301ñИ\u0306ßΣ'’.,:1_\u202f\u2003 \n\u093f\u0939"), max_size=60),
    chunk_size=st.integers(1, 40),
)
def test_every_chunk_size(tmp_path: Path, text: str, chunk_size: int) -> None:
    """Words are never split: counts and number of words are those of the whole text, for every chunk size."""
    path = tmp_path / "words.txt"
    path.write_text("a\nэ́e\né\nñ\nй\nß\nσ\naé\nह\nहि\n", "utf-8")
    report = count_anagrams(text, lexicon=f"file:{path}", tokenizer="unicode", chunk_size=chunk_size, registry=REGISTRY)
    whole = count_anagrams(text, lexicon=f"file:{path}", tokenizer="unicode", registry=REGISTRY)
    tokenizer = UnicodeTokenizer()
    tokens = Counter(tokenizer.words(tokenizer.filter(text)))
    assert report.anagram_counts == whole.anagram_counts
    assert (report.words, report.matched_words) == (whole.words, whole.matched_words)
    assert whole.words == tokens.total()
    assert whole.anagram_counts.get("ह", 0) == tokens["ह"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("can't stop", ["can't", "stop"]),
        ("3.14 1,000.5 3a", ["3.14", "1,000.5", "3a"]),
        ("snake_case, kebab-case", ["snake_case", "kebab", "case"]),
        ("e.g. U.S.A.", ["e.g", "u.s.a"]),
        ("10\u202f000", ["10", "000"]),
        ("Do\xadnau", ["donau"]),
        ('\u05d0"\u05d0', ['\u05d0"\u05d0']),
        ("カタカナ", ["カタカナ"]),
        ("!? — …", []),
    ],
)
def test_boundaries(text: str, words: list[str]) -> None:
    """Words are those of UAX #29, but for the narrow no-break space, which ends words, and the soft hyphen."""
    tokenizer = UnicodeTokenizer()
    assert list(tokenizer.words(tokenizer.filter(text))) == words
