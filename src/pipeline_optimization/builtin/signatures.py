"""Signature functions: equal for two lower-case words exactly if one is an anagram of the other."""

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
    """Return the word's characters in order: ``cat`` gives ``act``. The fastest of the three in CPython."""
    return "".join(sorted(word))


def counts_signature(word: str, /) -> str:
    """Return how often each character occurs, the multiset that the definition of an anagram speaks of: ``a1 c1 t1``.

    As text, which the index cache can keep; words have no space in them, so that no two multisets have one text.
    """
    return " ".join([f"{char}{number}" for char, number in sorted(Counter(word).items())])


def primes_signature(word: str, /) -> Hashable:
    """Return the product of one prime a letter: equal products mean equal letters, by unique factorisation.

    Characters outside a to z have no prime here; they stand beside the product, sorted.
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
