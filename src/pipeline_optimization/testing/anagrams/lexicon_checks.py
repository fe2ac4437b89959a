"""Checks of lexicons."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline_optimization.plural import counted
from pipeline_optimization.testing.checks import Check, require
from pipeline_optimization.testing.component_checks import WORKER_CHECKS
from pipeline_optimization.testing.subject import Subject
from pipeline_optimization.types import Lexicon

__all__ = ["LEXICON_CHECKS"]

LexiconSubject = Subject[Lexicon]


def words_are_strings(subject: LexiconSubject) -> None:
    """Words are strings, and at least one of them has a letter."""
    words = list(subject.make().words())
    require(all(isinstance(word, str) for word in words), "Some words are no strings.")
    require(
        any(char.isalpha() for word in words for char in word),
        f"Not one of {counted(len(words), 'word')} has a letter.",
    )


def words_can_be_read_again(subject: LexiconSubject) -> None:
    """``words`` yields all words each time it is called."""
    lexicon = subject.make()
    first, second = set(lexicon.words()), set(lexicon.words())
    require(first == second, f"The first reading gave {counted(len(first), 'word')}, the second {len(second)}.")


def identity_is_stable(subject: LexiconSubject) -> None:
    """``identity`` is a string of one line, the same each time and from each instance, and reading words does not change it."""
    lexicon = subject.make()
    identity: object = lexicon.identity
    require(isinstance(identity, str) and bool(identity.strip()) and "\n" not in identity, f"identity is {identity!r}.")
    list(lexicon.words())
    require(lexicon.identity == identity, "identity changed when the words were read.")
    require(subject.make().identity == identity, "Another instance has a different identity.")


def identity_names_the_words(subject: LexiconSubject) -> None:
    """Two instances with the same identity have the same words."""
    one, other = subject.make(), subject.make()
    if one.identity == other.identity:
        require(set(one.words()) == set(other.words()), "Two instances have the same identity, but different words.")


LEXICON_CHECKS: Sequence[Check[LexiconSubject]] = (
    *WORKER_CHECKS,
    Check.of(words_are_strings),
    Check.of(words_can_be_read_again, after=["words_are_strings"]),
    Check.of(identity_is_stable, after=["words_can_be_read_again"]),
    Check.of(identity_names_the_words, after=["identity_is_stable"]),
)
