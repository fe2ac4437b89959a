"""The index from signature to anagram group. It finds anagrams in constant time, and permutations would take factorial time.

Lines and sorted signatures may be kept as one text each, as they come from the cache. Cutting a text into 100,000 lines and putting them into a
dictionary takes a fifth of a small run, which looks up a few. These few are searched in the text. Only if many are asked for, the whole text is cut.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from hashlib import blake2b
from itertools import accumulate
from unicodedata import normalize

from pipeline_optimization.counting.spelling import Spelling, plain_spelling
from pipeline_optimization.errors import LexiconError
from pipeline_optimization.types import Lexicon, Signature
from pipeline_optimization.types.components import ANAGRAM

__all__ = [
    "MAX_WORD_LETTERS",
    "AnagramIndex",
    "GroupNumbers",
    "IndexedLines",
    "build_index",
    "marks_of",
    "usable_words",
]

STEP = 100
"""The places of lines whose numbers are multiples of this are known. Files contain these places, so changing it changes the format of files."""

FEW = 1000
"""This many look-ups take a tenth of the time of cutting the whole text."""


def marks_of(lines: Iterable[str]) -> list[int]:
    """Return where every ``STEP``-th line begins, in characters, if each line ends with a line feed."""
    # For lines of 3, 5 and 2 letters, ``accumulate`` gives 0, 4, 10, 13: where each line begins, and where a further one would.
    return list(accumulate((len(line) + 1 for line in lines), initial=0))[::STEP]


class IndexedLines:
    """The lines of a text, with their ``marks_of``."""

    def __init__(self, text: str, marks: Sequence[int], number: int) -> None:
        self.text = text
        self._marks = marks
        self._number = number
        self._left = FEW
        self._all: list[str] | None = None

    def __len__(self) -> int:
        return self._number

    def __iter__(self) -> Iterator[str]:
        return iter(self.all())

    def __getitem__(self, number: int) -> str:
        self._left -= 1
        # The text between two marks has ``STEP`` lines, so cutting it costs little.
        if self._all is None and self._left >= 0:
            mark, rest = divmod(number, STEP)
            stop = self._marks[mark + 1] if mark + 1 < len(self._marks) else None
            return self.text[self._marks[mark] : stop].split("\n")[rest]
        return self.all()[number]

    def all(self) -> list[str]:
        """Return all lines."""
        if self._all is None:
            self._all = self.text.split("\n")
        return self._all

    def find(self, line: str) -> int | None:
        """Return the number of a line, by bisection of the text. Its lines must be sorted."""
        text, low, high = self.text, 0, len(self.text)
        # ``low`` and ``high`` are places of characters. A place in the middle of a line is moved to the line around it.
        while low <= high:
            middle = (low + high) // 2
            start = max(low, text.rfind("\n", low, middle) + 1)
            stop = text.find("\n", middle)
            stop = len(text) if stop < 0 else stop
            found = text[start:stop]
            if found == line:
                # Line feeds are counted from the nearest mark only, and not from the beginning of the text.
                mark = bisect_right(self._marks, start) - 1
                return mark * STEP + text.count("\n", self._marks[mark], start)
            if found < line:
                low = stop + 1
            else:
                high = start - 1
        return None


class GroupNumbers:
    """The numbers of groups by their signatures. The signatures are sorted strings, and ``numbers`` has their groups' numbers in the same order.

    Threads may share it: a function that one thread got stays right when another thread causes the dictionary to be made.
    """

    def __init__(self, signatures: IndexedLines, numbers: array[int]) -> None:
        self._signatures = signatures
        self._numbers = numbers
        self._left = FEW
        self._all: dict[Hashable, int] | None = None

    def getter(self, how_many: int) -> Callable[[Hashable], int | None]:
        """Return a function that returns the number of a signature, or None. It will be called ``how_many`` times."""
        # Counted in advance, since a text with many words would otherwise be bisected a thousand times before the dictionary is made.
        self._left -= how_many
        if self._all is None:
            if self._left >= 0:
                return self._find
            self._all = dict(zip(self._signatures, self._numbers, strict=True))
        return self._all.get

    def _find(self, signature: Hashable) -> int | None:
        place = self._signatures.find(signature) if isinstance(signature, str) else None
        return None if place is None else self._numbers[place]


MAX_WORD_LETTERS = 1000
"""Longer words of a lexicon are left out, so that a giant token need not be read to its end."""


class AnagramIndex:
    """The anagram groups of a lexicon, numbered from 0 in the order of their first words.

    Args:
        lines: The words of each group, sorted, with a space between.
        numbers: The number of a group, by signature.
        signature: Returns the signature of a word.
        longest: The length of the longest word that can belong to a group.
        digest: The result of ``digest()`` for the same lines, if it is known.
    """

    def __init__(
        self,
        lines: Sequence[str] | IndexedLines,
        numbers: dict[Hashable, int] | GroupNumbers,
        signature: Signature,
        longest: int,
        *,
        digest: str | None = None,
    ) -> None:
        self.lines = lines
        self.longest = longest
        self._digest = digest
        self._signature = signature
        self._getter = numbers.getter if isinstance(numbers, GroupNumbers) else lambda how_many: numbers.get

    def __len__(self) -> int:
        return len(self.lines)

    def groups_of(self, words: Iterable[str]) -> list[int | None]:
        """Return the group of each lower-case word, in order. None means that the lexicon has no anagram of it."""
        # A word that is too long matches nothing, and its signature could take quadratic time.
        longest = self.longest
        short = [word if len(word) <= longest else "" for word in words]
        if longest < MAX_WORD_LETTERS or "" not in short:
            return list(map(self._getter(len(short)), map(self._signature, short)))
        # Under another relation than anagrams, the empty text may have the signature of some words.
        # So words that are too long are left out here, instead of being looked up as the empty text.
        groups = iter(self.groups_of([word for word in short if word]))
        return [next(groups) if word else None for word in short]

    def first_words(self) -> str:
        """Return the first word of each group, in the order of their numbers, each followed by a line feed."""
        # A line has the words of a group with spaces between, so what stands before the first space is the first word.
        text = self.lines.text if isinstance(self.lines, IndexedLines) else "\n".join(self.lines)
        return re.sub(" [^\n]*", "", text) + "\n"

    def words_of(self, group: int) -> list[str]:
        """Return the words of a group, sorted."""
        return self.lines[group].split(" ")

    def digest(self) -> str:
        """Return a digest of all groups. It is equal exactly for indexes that number the same groups in the same way."""
        if self._digest is None:
            text = "\n".join(self.lines).encode("utf-8", "surrogatepass")
            self._digest = blake2b(text, digest_size=16).hexdigest()
        return self._digest


def usable_words(words: Iterable[str], spell: Spelling = plain_spelling) -> dict[str, str]:
    """Return the words that a text can have, with their spelling in texts. They are lower-case, in NFC, sorted, each once."""
    lowered = {normalize("NFC", word.strip().lower()) for word in words}
    # Sorted, so that the numbers of groups do not depend on the order of the words in the lexicon.
    spelled = ((word, spell(word)) for word in sorted(lowered) if len(word) <= MAX_WORD_LETTERS)
    return {word: spelling for word, spelling in spelled if spelling is not None}


def build_index(
    lexicon: Lexicon, signature: Signature, name: str, spell: Spelling = plain_spelling, *, relation: str = ANAGRAM
) -> tuple[AnagramIndex, list[Hashable]]:
    """Group a lexicon's words. Return the index, and the groups' signatures in order.

    Words are grouped by the spelling that texts have, and kept as the lexicon has them, in lower case. Raises LexiconError if no word is usable.
    ``name`` is what the user calls the lexicon.
    """
    groups: dict[Hashable, list[str]] = {}
    longest = 0
    for word, spelling in usable_words(lexicon.words(), spell).items():
        groups.setdefault(signature(spelling), []).append(word)
        # Anagrams are equally long. Under other relations a text's word may be longer than those of the lexicon.
        longest = max(longest, len(spelling)) if relation == ANAGRAM else MAX_WORD_LETTERS
    if not groups:
        raise LexiconError(
            f"The lexicon {name!r} has no usable word. Usable words are made of letters only, one word a line, and of "
            "letters that the tokenizer keeps: 'exercise' keeps those of English only.",
            lexicon=name,
        )
    numbers = {key: number for number, key in enumerate(groups)}
    return AnagramIndex([" ".join(words) for words in groups.values()], numbers, signature, longest), list(groups)
