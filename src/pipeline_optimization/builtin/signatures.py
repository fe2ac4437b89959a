"""Signature functions. Two lower-case words have equal signatures exactly if one is an anagram of the other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable
from math import prod

from pipeline_optimization.types import NoOptions, Signature

__all__ = [
    "counts_signature",
    "letters_signature",
    "make_counts",
    "make_letters",
    "make_primes",
    "primes_signature",
]

FIRST_PRIMES = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101)
PRIME_OF = dict(zip("abcdefghijklmnopqrstuvwxyz", FIRST_PRIMES, strict=True))


def letters_signature(word: str, /) -> str:
    """Return the word's characters in order: ``act`` for ``cat``. It is the fastest of the three in CPython."""
    return "".join(sorted(word))


def counts_signature(word: str, /) -> str:
    """Return how often each character occurs, as the definition of an anagram says: ``a1 c1 t1`` for ``cat``.

    It is a text, which the index cache can keep. Words contain no space, so no two multisets have the same text.
    """
    return " ".join([f"{char}{number}" for char, number in sorted(Counter(word).items())])


def primes_signature(word: str, /) -> Hashable:
    """Return the product of one prime for each letter. Equal products mean equal letters, by unique factorisation.

    Characters outside a to z have no prime here. They are returned beside the product, sorted.
    """
    primes = [PRIME_OF[char] for char in word if char in PRIME_OF]
    if len(primes) == len(word):
        return prod(primes)
    return prod(primes), "".join(sorted(char for char in word if char not in PRIME_OF))


def make_letters(options: NoOptions) -> Signature:
    return letters_signature


def make_counts(options: NoOptions) -> Signature:
    return counts_signature


def make_primes(options: NoOptions) -> Signature:
    return primes_signature
