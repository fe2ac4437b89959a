"""Fresh texts of a size class. No contender can have seen them, and they cost all contenders the same."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache, cached_property
from itertools import accumulate
from random import Random

from attrs import field, frozen

from pipeline_optimization.benchmarks.anagrams import oracle
from pipeline_optimization.benchmarks.anagrams.answers import judge_counts
from pipeline_optimization.benchmarks.anagrams.evidence import examine
from pipeline_optimization.benchmarks.anagrams.oracle import EXERCISE, Oracle, digest
from pipeline_optimization.benchmarks.anagrams.stages import TEXT_NAMES
from pipeline_optimization.benchmarks.inputs import Evidence
from pipeline_optimization.benchmarks.results import Problem
from pipeline_optimization.engine.draws import seeded_random
from pipeline_optimization.engine.faults import FaultSettings, fault_key
from pipeline_optimization.engine.journal import CallRecord

__all__ = ["FreshText", "generated_text", "varied_text"]

WORD = re.compile(r"[A-Za-z]+")
VOCABULARY = 20_000
"""Different words in generated texts, about as many as in a long book."""


@frozen
class FreshText:
    """A text with its words and counts by an oracle."""

    text: str
    tokens: Sequence[str] = field(repr=False)
    expected: Mapping[str, int] = field(repr=False)
    oracle: Oracle = field(default=EXERCISE, repr=False)

    @classmethod
    def of(cls, text: str, oracle: Oracle = EXERCISE) -> FreshText:
        words = oracle.tokens(text)
        return cls(text, words, oracle.count(words), oracle)

    @property
    def data(self) -> bytes:
        return self.text.encode()

    @property
    def size(self) -> int:
        return len(self.tokens)

    @property
    def distinct(self) -> int:
        return len(set(self.tokens))

    @property
    def expected_digest(self) -> str:
        return digest(self.expected)

    def judged_by(self, rules: object) -> FreshText:
        """Return the text with the counts that another oracle expects."""
        chosen = EXERCISE if rules is None else rules
        assert isinstance(chosen, Oracle)
        return self if self.oracle is chosen else FreshText.of(self.text, chosen)

    def judge(
        self, answer: Mapping[str, int], *, earlier: Sequence[FreshText], evidence: Evidence | None
    ) -> Problem | None:
        failed_words = () if evidence is None else evidence.failed_items
        return judge_counts(answer, self, earlier=earlier, failed_words=failed_words)

    def examine(self, calls: Sequence[CallRecord], settings: FaultSettings) -> Evidence:
        return examine(calls, self, settings)

    def occurrences(self, task: str, key: str) -> int:
        return 1 if task in TEXT_NAMES else self._occurrences[key]

    @cached_property
    def _occurrences(self) -> Counter[str]:
        return Counter(map(fault_key, self.tokens))


def varied_text(template: str, *parts: object) -> FreshText:
    """Return a text in the shape of a template, in which each different word is replaced by another of the same length.

    ``parts`` seed the draw. Punctuation, capitals and repetitions stay. Words are shuffled among those of their length. So an apostrophe does not
    join words to a longer one than in the template, which matters to contenders whose work grows with a word's length.
    """
    random = seeded_random("text", *parts)
    by_length = _words_by_length()
    found: list[str] = WORD.findall(template)
    replaced: dict[str, str] = {}
    for word in sorted({word.lower() for word in found}):
        replaced[word] = random.choice(by_length.get(len(word), [word]))
    shuffled: dict[int, list[str]] = {}
    for word in random.sample(found, len(found)):
        shuffled.setdefault(len(word), []).append(replaced[word.lower()])
    return FreshText.of(WORD.sub(lambda match: _like(match[0], shuffled[len(match[0])].pop()), template))


def generated_text(words: int, *parts: object) -> FreshText:
    """Return a text of ``words`` words whose frequencies follow Zipf's law. A tenth of the words is in no lexicon.

    ``parts`` seed the draw. About one word in twelve has a capital, and one in ten has a comma or a full stop behind it.
    """
    random = seeded_random("text", *parts)
    vocabulary = random.sample(_all_words(), VOCABULARY)
    for index in range(0, VOCABULARY, 10):
        vocabulary[index] = _scrambled(vocabulary[index], random)
    weights = list(accumulate(1 / rank for rank in range(1, VOCABULARY + 1)))
    drawn = random.choices(vocabulary, cum_weights=weights, k=words)
    dressed = [_dressed(word, random.random()) for word in drawn]
    return FreshText.of("\n".join(" ".join(dressed[i : i + 12]) for i in range(0, words, 12)))


def _like(model: str, word: str) -> str:
    if model.isupper() and len(model) > 1:
        return word.upper()
    return word.capitalize() if model[0].isupper() else word


def _dressed(word: str, draw: float) -> str:
    if draw < 0.08:
        return word.capitalize()
    return word + "," if draw < 0.14 else word + "." if draw < 0.18 else word


def _scrambled(word: str, random: Random) -> str:
    return word + random.choice("bcdfgjkqvwxz") + random.choice("bcdfgjkqvwxz")


@cache
def _all_words() -> list[str]:
    return sorted(word for group in oracle.groups().values() for word in group)


@cache
def _words_by_length() -> dict[int, list[str]]:
    """Return, by length, the words that have anagrams besides themselves. If a length has few of these, return all its words."""
    rich: dict[int, list[str]] = {}
    every: dict[int, list[str]] = {}
    for group in oracle.groups().values():
        for word in group:
            every.setdefault(len(word), []).append(word)
            if len(group) > 1:
                rich.setdefault(len(word), []).append(word)
    return {length: sorted(rich[length] if len(rich.get(length, ())) >= 50 else every[length]) for length in every}
