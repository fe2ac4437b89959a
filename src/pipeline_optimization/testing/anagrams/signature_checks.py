"""Checks of signatures: what every relation must keep, what anagrams must keep, and that a declared relation is another one."""

from __future__ import annotations

import random
from collections.abc import Hashable, Mapping, Sequence
from itertools import combinations

from attrs import frozen

from pipeline_optimization.registry import Choice, Kind, Registry
from pipeline_optimization.testing.checks import Check, CheckSkippedError, require
from pipeline_optimization.testing.component_checks import WORKER_CHECKS
from pipeline_optimization.testing.subject import Subject
from pipeline_optimization.types import Signature
from pipeline_optimization.types.components import ANAGRAM

__all__ = ["SIGNATURE_CHECKS", "SignatureSubject"]

WORDS = ("", "a", "b", "aa", "ab", "aab", "abb", "abc", "cat", "act", "cart", "stop", "post", "silent", "listen", "zzz")
HINT = 'If it stands for another relation, declare it: Component(..., relation="phonetic").'
ODD_WORDS = ("étude", "straße", "привет", "x1", "don't", "日本", "ﬁ", "a" * 500)


@frozen(kw_only=True)
class SignatureSubject(Subject[Signature]):
    """A signature under test. ``relation`` is what it declares."""

    relation: str = ANAGRAM

    @classmethod
    def named(cls, registry: Registry, kind: Kind, label: str, options: Mapping[str, object]) -> SignatureSubject:
        choice: Choice[Signature] = registry.choose(kind, label, options)
        return cls(make=choice.build, relation=choice.component.relation, choice=choice)


def is_hashable(subject: SignatureSubject) -> None:
    """Every word has a signature, and it can be hashed."""
    signature = subject.make()
    for word in (*WORDS, *ODD_WORDS):
        found = signature(word)
        require(
            isinstance(found, Hashable), f"The signature of {word[:20]!r} is {type(found).__name__}, which has no hash."
        )
        hash(found)


def is_repeatable(subject: SignatureSubject) -> None:
    """A word has the same signature each time and from each instance."""
    signature, other = subject.make(), subject.make()
    for word in (*WORDS, *ODD_WORDS):
        first = signature(word)
        require(signature(word) == first, f"{word[:20]!r} has a different signature the second time.")
        require(other(word) == first, f"{word[:20]!r} has a different signature from another instance.")
        require(hash(other(word)) == hash(first), f"Two equal signatures of {word[:20]!r} have different hashes.")


def is_equal_for_anagrams(subject: SignatureSubject) -> None:
    """Words with the same letters have the same signature, in any order."""
    _only_for_anagrams(subject)
    rng = random.Random(1)  # noqa: S311 - words, not secrets
    signature = subject.make()
    for word in (*WORDS, *ODD_WORDS):
        for _ in range(3):
            shuffled = "".join(rng.sample(word, len(word)))
            require(
                signature(word) == signature(shuffled),
                f"{word[:20]!r} and {shuffled[:20]!r} have different signatures. {HINT}",
            )


def differs_for_others(subject: SignatureSubject) -> None:
    """Words with different letters have different signatures."""
    _only_for_anagrams(subject)
    signature = subject.make()
    for one, other in combinations((*WORDS, *ODD_WORDS), 2):
        if not _are_anagrams(one, other):
            require(
                signature(one) != signature(other), f"{one[:20]!r} and {other[:20]!r} have the same signature. {HINT}"
            )


def tells_words_apart(subject: SignatureSubject) -> None:
    """Under another relation than anagrams, some words still have different signatures."""
    _only_for_others(subject)
    signature = subject.make()
    require(len({signature(word) for word in WORDS}) > 1, "All words have the same signature.")


def differs_from_anagrams(subject: SignatureSubject) -> None:
    """A signature that declares another relation is not equal exactly for anagrams."""
    _only_for_others(subject)
    signature = subject.make()
    is_other = any(
        (signature(one) == signature(other)) != _are_anagrams(one, other)
        for one, other in combinations((*WORDS, *ODD_WORDS), 2)
    )
    require(
        is_other,
        f"It declares the relation {subject.relation!r}, and is equal exactly for anagrams. Leave relation out.",
    )


def _are_anagrams(one: str, other: str) -> bool:
    return sorted(one) == sorted(other)


def _only_for_anagrams(subject: SignatureSubject) -> None:
    if subject.relation != ANAGRAM:
        raise CheckSkippedError(f"it declares the relation {subject.relation!r}")


def _only_for_others(subject: SignatureSubject) -> None:
    if subject.relation == ANAGRAM:
        raise CheckSkippedError("it declares no other relation than that of anagrams")


SIGNATURE_CHECKS: Sequence[Check[SignatureSubject]] = (
    *WORKER_CHECKS,
    Check.of(is_hashable),
    Check.of(is_repeatable, after=["is_hashable"]),
    Check.of(is_equal_for_anagrams, after=["is_repeatable"]),
    Check.of(differs_for_others, after=["is_repeatable"]),
    Check.of(tells_words_apart, after=["is_repeatable"]),
    Check.of(differs_from_anagrams, after=["tells_words_apart"]),
)
