"""Checks of tokenizers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from pipeline_optimization.counting.spelling import LONE_WORDS, spelling_of
from pipeline_optimization.testing.anagrams.texts import seeded_texts
from pipeline_optimization.testing.checks import Check, CheckSkippedError, require
from pipeline_optimization.testing.component_checks import WORKER_CHECKS
from pipeline_optimization.testing.subject import Subject
from pipeline_optimization.types import Speller, Tokenizer

__all__ = ["TOKENIZER_CHECKS"]

TokenizerSubject = Subject[Tokenizer]

EVERY_CHARACTER = "".join(map(chr, range(0x3000))) + "\ud800\udfff\ufeff\ufffd\U0001f600\U0010ffff"
ODD_WORDS = ("don't", "o'clock", "tea-pot", "3d", "caf\u00e9")
"""Words that lexicons have too."""

TEXTS = (
    "",
    " ",
    "cat",
    "Cat's tea-pot",
    "e\u0301tude",
    "\ufb01n",
    "ß",
    "don't stop",
    "a----b",
    "catDog ACTcat",
    *seeded_texts(30),
)


def words_of(tokenizer: Tokenizer, text: str) -> list[str]:
    """Return the words of a text, as a run finds them."""
    return list(tokenizer.words(tokenizer.filter(text)))


def takes_any_text(subject: TokenizerSubject) -> None:
    """Every text gives words, which are strings that are not empty, even with unassigned characters and lone surrogates."""
    tokenizer = subject.make()
    for text in (*TEXTS, EVERY_CHARACTER, " ".join(EVERY_CHARACTER)):
        words: list[object] = [*words_of(tokenizer, text)]
        require(
            all(isinstance(word, str) and word for word in words),
            f"{text[:40]!r} has words that are empty or no strings.",
        )


def filters_once(subject: TokenizerSubject) -> None:
    """Filtering twice equals filtering once."""
    tokenizer = subject.make()
    for text in TEXTS:
        once = tokenizer.filter(text)
        twice = tokenizer.filter(once)
        require(twice == once, f"{text!r} becomes {once!r}, and that becomes {twice!r}.")


def is_repeatable(subject: TokenizerSubject) -> None:
    """The same text has the same words, each time and from each instance, because nothing is remembered."""
    tokenizer, other = subject.make(), subject.make()
    first = [words_of(tokenizer, text) for text in TEXTS]
    require(
        [words_of(tokenizer, text) for text in TEXTS] == first,
        "When the texts were read again, different words were found.",
    )
    backwards = [words_of(other, text) for text in reversed(TEXTS)][::-1]
    require(backwards == first, "Another instance found different words, or the order of texts matters.")


def white_space_ends_words(subject: TokenizerSubject) -> None:
    """No word contains white space, and two texts with white space between them have the words of both."""
    tokenizer = subject.make()
    for text in TEXTS:
        spaced = [word for word in words_of(tokenizer, text) if any(char.isspace() for char in word)]
        require(not spaced, f"{text!r} has words with white space: {spaced!r}.")
    for left, right in pairwise(TEXTS):
        for space in (" ", "\n", "\u2003"):
            apart = {*words_of(tokenizer, left), *words_of(tokenizer, right)}
            together = set(words_of(tokenizer, left + space + right))
            require(apart == together, f"{left!r} and {right!r} have different words with {space!r} between them.")


def repeats_words(subject: TokenizerSubject) -> None:
    """A word that occurs several times is returned as many times."""
    tokenizer = subject.make()
    for text in TEXTS:
        once, often = Counter(words_of(tokenizer, text)), Counter(words_of(tokenizer, f"{text} " * 3))
        require(
            often == Counter({word: 3 * n for word, n in once.items()}),
            f"{text!r} three times has not three times its words.",
        )


def is_characterwise_honestly(subject: TokenizerSubject) -> None:
    """If ``is_characterwise`` is claimed, characters are filtered one by one, and words are split at white space."""
    tokenizer = subject.make()
    if not tokenizer.is_characterwise:
        raise CheckSkippedError("it does not claim to be character-wise")
    for text in (*TEXTS, EVERY_CHARACTER):
        by_one = "".join(tokenizer.filter(char) for char in text)
        require(tokenizer.filter(text) == by_one, f"{text[:40]!r} is not filtered like its single characters.")
        filtered = tokenizer.filter(text)
        require(
            list(tokenizer.words(filtered)) == filtered.split(), f"{filtered[:40]!r} is not split at white space only."
        )


def finds_words_of_lexicons(subject: TokenizerSubject) -> None:
    """A word that stands alone, as in a lexicon, is found, unless the tokenizer has a method ``spell``."""
    tokenizer = subject.make()
    if isinstance(tokenizer, Speller):
        raise CheckSkippedError("it has a method spell")
    spell = spelling_of(tokenizer)
    require(
        any(spell(word) is not None for word in LONE_WORDS),
        f"It finds none of {', '.join(LONE_WORDS)} where each stands alone, so no lexicon has a usable word. If it finds "
        "words by the characters around them, give it a method spell(word), which returns how it spells a lexicon's word.",
    )


def spells_as_it_finds(subject: TokenizerSubject) -> None:
    """``spell`` returns a word or None, the same from each instance, and the same as is found if the word stands alone."""
    tokenizer, other = subject.make(), subject.make()
    if not (isinstance(tokenizer, Speller) and isinstance(other, Speller)):
        raise CheckSkippedError("it has no method spell")
    spelled: dict[str, object] = {word: tokenizer.spell(word) for word in (*LONE_WORDS, *ODD_WORDS)}
    require(any(spelled.values()), f"It spells none of {', '.join(LONE_WORDS)}.")
    for word, found in spelled.items():
        is_word = found is None or (isinstance(found, str) and found.split() == [found])
        require(is_word, f"spell({word!r}) returned {found!r}, which is neither None nor a word without white space.")
        require(other.spell(word) == found, f"Another instance does not spell {word!r} as {found!r}.")
        alone = words_of(tokenizer, word)
        if len(alone) == 1 and isinstance(found, str):
            require(
                alone[0].lower() == found.lower(),
                f"Where {word!r} stands alone, {alone[0]!r} is found, and spell({word!r}) returned {found!r}.",
            )


TOKENIZER_CHECKS: Sequence[Check[TokenizerSubject]] = (
    *WORKER_CHECKS,
    Check.of(takes_any_text),
    Check.of(is_repeatable, after=["takes_any_text"]),
    Check.of(filters_once, after=["is_repeatable"]),
    Check.of(white_space_ends_words, after=["is_repeatable"]),
    Check.of(repeats_words, after=["white_space_ends_words"]),
    Check.of(is_characterwise_honestly, after=["filters_once"]),
    Check.of(finds_words_of_lexicons, after=["is_repeatable"]),
    Check.of(spells_as_it_finds, after=["is_repeatable"]),
)
