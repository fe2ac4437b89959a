"""The protocols of components that decide on a result and on retries: tokenizer, signature, lexicon, retry policy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator
    from random import Random

    from pipeline_optimization.types.attempts import ErrorRecord

__all__ = ["Lexicon", "RetryPolicy", "Signature", "Speller", "Tokenizer"]


class Tokenizer(Protocol):
    """Turns a text into words in two steps, which are two stages of the pipeline.

    White space always ends a word, for every tokenizer.

    A lexicon's words take the same two steps, one by one, so that they are looked up in the form in which texts have them. A lexicon's word can be
    found if it comes out as one word that differs from it at most in case and normal form. All others cannot occur in any text. A tokenizer that
    finds words by the characters around them cannot find a word that stands alone, so it must be a ``Speller`` too.

    Attributes:
        is_characterwise: Claims that ``filter`` keeps, drops or replaces each character whatever stands beside it, and that ``words(filtered)`` is
            ``filtered.split()``. Then the core can filter a giant run without white space piece by piece, in bounded memory.
    """

    @property
    def is_characterwise(self) -> bool: ...

    def filter(self, text: str) -> str:
        """Return the text without everything that no word contains. Filtering twice equals filtering once."""
        ...

    def words(self, filtered: str) -> Iterable[str]:
        """Yield every word of a filtered text. A word that occurs twice is yielded twice."""
        ...


@runtime_checkable
class Speller(Protocol):
    """A tokenizer that also says how it spells the words of a lexicon.

    It is needed if a tokenizer finds words by their context, such as those of e-mail addresses or of one column. The words of a lexicon have no
    context. So they go through ``spell`` alone, and not through ``filter`` and ``words``.
    """

    def spell(self, word: str) -> str | None:
        """Return a lexicon's word as ``words`` would yield it, or None if no text can have it.

        Args:
            word: The word in lower case and NFC. It may contain more than letters. The result is compared without case.
        """
        ...


class Signature(Protocol):
    """Maps a lower-case word to a hashable value. Two words have equal values exactly if they are anagrams.

    A signature may stand for another relation, such as words that sound alike. Then its ``Component`` says so: ``relation="phonetic"``. In any case
    equal words have equal signatures, each time and in every process.
    """

    def __call__(self, word: str, /) -> Hashable: ...


class Lexicon(Protocol):
    """A source of dictionary words.

    Attributes:
        identity: A name of the content. Equal identities mean equal words, and the identity must change when the words do. It is the key of the index
            cache, so it must be cheap to get: a digest of a file, the version of a package.
    """

    @property
    def identity(self) -> str: ...

    def words(self) -> Iterable[str]:
        """Yield the words in any order; the core lower-cases them and drops repeated and unusable ones."""
        ...


class RetryPolicy(Protocol):
    """Says whether and when a failed item is tried again. The engine does the waiting.

    Seconds are those of the run: in a simulated run the engine multiplies them by the latency scale. An error may ask for a delay
    (``ErrorRecord.retry_after``). Then the longer of both delays counts, up to the policy's attribute ``retry_after_cap``, in real seconds. A policy
    without this attribute allows 60.

    Attributes:
        budget: The most retries in a whole run. None means no bound.
        deadline: The seconds after an item's first attempt from which on it is not retried. None means no bound.
    """

    @property
    def budget(self) -> int | None: ...

    @property
    def deadline(self) -> float | None: ...

    def delays(self, rng: Random) -> Iterator[float]:
        """Yield the seconds to wait before the second attempt, before the third, and so on. When the iterator ends, the item has failed for good.

        Args:
            rng: The only source of randomness to use. It is seeded for the item, so that a run can be repeated.
        """
        ...

    def retries(self, error: ErrorRecord) -> bool:
        """Return whether an item that failed with this error is tried again at all."""
        ...
