"""Checks of signatures."""

from __future__ import annotations

import random
from collections.abc import Hashable, Sequence
from itertools import combinations

from pipeline_optimization.testing.checks import Check, require
from pipeline_optimization.testing.component_checks import WORKER_CHECKS
from pipeline_optimization.testing.subject import Subject
from pipeline_optimization.types import Signature

__all__ = ["SIGNATURE_CHECKS"]

SignatureSubject = Subject[Signature]

WORDS = ("", "a", "b", "aa", "ab", "aab", "abb", "abc", "cat", "act", "cart", "stop", "post", "silent", "listen", "zzz")
ODD_WORDS = ("étude", "straße", "привет", "x1", "don't", "日本", "ﬁ", "a" * 500)


def is_hashable(subject: SignatureSubject) -> None:
    """Every word has a signature, and it can be hashed."""
    signature = subject.make()
    for word in (*WORDS, *ODD_WORDS):
        found = signature(word)
        require(
            isinstance(found, Hashable), f"The signature of {word[:20]!r} is {type(found).__name__}, which has no hash."
        )
        hash(found)


def is_equal_for_anagrams(subject: SignatureSubject) -> None:
    """Words of the same letters have the same signature, in any order and from each instance."""
    rng = random.Random(1)  # noqa: S311 - words, not secrets
    signature, other = subject.make(), subject.make()
    for word in (*WORDS, *ODD_WORDS):
        for _ in range(3):
            shuffled = "".join(rng.sample(word, len(word)))
            require(signature(word) == other(shuffled), f"{word[:20]!r} and {shuffled[:20]!r} have other signatures.")


def differs_for_others(subject: SignatureSubject) -> None:
    """Words that are not of the same letters have different signatures."""
    signature = subject.make()
    for one, other in combinations((*WORDS, *ODD_WORDS), 2):
        if sorted(one) != sorted(other):
            require(signature(one) != signature(other), f"{one[:20]!r} and {other[:20]!r} have the same signature.")


SIGNATURE_CHECKS: Sequence[Check[SignatureSubject]] = (
    *WORKER_CHECKS,
    Check.of(is_hashable),
    Check.of(is_equal_for_anagrams, after=["is_hashable"]),
    Check.of(differs_for_others, after=["is_hashable"]),
)
