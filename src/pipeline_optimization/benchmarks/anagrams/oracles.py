"""Oracles for other components than the exercise's. The right counts of a variant follow its own rules."""

from __future__ import annotations

from attrs import define, evolve, field

from pipeline_optimization.benchmarks.anagrams.oracle import EXERCISE, Oracle, groups, spelled_groups
from pipeline_optimization.errors import LexiconError
from pipeline_optimization.registry import Choice
from pipeline_optimization.types import Lexicon, Signature, Tokenizer
from pipeline_optimization.types.components import ANAGRAM

__all__ = ["Oracles"]


@define
class Oracles:
    """Builds each oracle once.

    A tokenizer and a lexicon are trusted, because they define what a word is. A signature is not, unless it declares another relation: if it claims
    to find anagrams, it is compared with their definition. For the tokenizer ``exercise`` and the lexicon ``gcide`` the oracle has independent rules.
    """

    _built: dict[tuple[str, ...], Oracle] = field(factory=dict, init=False)

    def of(self, tokenizer: Choice[Tokenizer], signature: Choice[Signature], lexicon: Choice[Lexicon]) -> Oracle:
        """Return the oracle of a combination. Raises LexiconError for a lexicon that has no word that could occur in a text."""
        # All signatures of anagrams have the same oracle.
        chosen = (tokenizer, lexicon) if signature.component.relation == ANAGRAM else (tokenizer, lexicon, signature)
        key = tuple(f"{choice.label} {choice.options!r}" for choice in chosen)
        if key not in self._built:
            self._built[key] = _oracle(tokenizer, signature, lexicon)
        return self._built[key]


def _oracle(tokenizer: Choice[Tokenizer], signature: Choice[Signature], lexicon: Choice[Lexicon]) -> Oracle:
    rules = _rules(tokenizer, signature)
    is_gcide = lexicon.component.name == "gcide"
    if is_gcide and rules is EXERCISE:
        return EXERCISE
    words = [word for group in groups().values() for word in group] if is_gcide else lexicon.build().words()
    found = spelled_groups(words, rules.tokens, rules.signature)
    if not found:
        raise LexiconError(
            f"The lexicon {lexicon.label!r} has no word that the tokenizer {tokenizer.label!r} keeps.",
            lexicon=lexicon.label,
        )
    return evolve(rules, groups=lambda: found)


def _rules(tokenizer: Choice[Tokenizer], signature: Choice[Signature]) -> Oracle:
    rules = EXERCISE
    if tokenizer.component.name != "exercise":
        built = tokenizer.build()
        rules = evolve(
            rules, filtered=built.filter, tokens=lambda text: [word.lower() for word in built.words(built.filter(text))]
        )
    if signature.component.relation != ANAGRAM:
        rules = evolve(rules, signature=signature.build())
    return rules
