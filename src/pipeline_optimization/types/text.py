"""The components that say what a run computes and how often it tries: tokenizer, signature, lexicon, retry policy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator
    from random import Random

    from pipeline_optimization.types.attempts import ErrorRecord

__all__ = ["Lexicon", "RetryPolicy", "Signature", "Speller", "Tokenizer"]


class Tokenizer(Protocol):
    """Turns text into words in two steps, which are two stages of the pipeline.

    ``is_characterwise`` claims that ``filter`` keeps, drops or replaces each character by itself, whatever stands
    beside it, and that ``words(filtered)`` is ``filtered.split()``. It lets the core filter a giant run without
    white space piece by piece, in bounded memory. White space always ends a word, for every tokenizer.

    A lexicon's words take the same two steps, one by one, so that they are looked up as texts have them. Those that
    come out as one word that differs in case and normal form only can be found; the others cannot be in any text.
    A tokenizer that finds words by what stands around them cannot find one that stands alone: it must be a ``Speller`` too.
    """

    @property
    def is_characterwise(self) -> bool: ...

    def filter(self, text: str) -> str:
        """Return the text without what no word contains. Filtering twice equals filtering once."""
        ...

    def words(self, filtered: str) -> Iterable[str]:
        """Yield every word of a filtered text, repeated words as often as they occur."""
        ...


@runtime_checkable
class Speller(Protocol):
    """What a tokenizer may be too: one that says by itself how it spells the words of a lexicon.

    It is needed where words are found by their context, such as those of e-mail addresses or of a column. The words of a
    lexicon have no context, so they do not go through ``filter`` and ``words`` then, but through ``spell`` alone.
    """

    def spell(self, word: str) -> str | None:
        """Return a lexicon's word as ``words`` yields it where it finds it, or None for one that no text can have.

        ``word`` is in lower case and NFC, and may hold more than letters. The result is compared without case.
        """
        ...


class Signature(Protocol):
    """Maps a lower-case word to a hashable that is equal for two words exactly if they are anagrams.

    A signature may stand for another relation, such as words that sound alike. Then its ``Component`` says so:
    ``relation="phonetic"``. In any case equal words have equal signatures, each time and in every process.
    """

    def __call__(self, word: str, /) -> Hashable: ...


class Lexicon(Protocol):
    """A source of dictionary words.

    ``identity`` names the content: equal identities mean equal words. It keys the index cache, so it must be cheap
    (a digest of a file, the version of a package), and it must change when the words do.
    """

    @property
    def identity(self) -> str: ...

    def words(self) -> Iterable[str]:
        """Yield the words in any order; the core lower-cases them and drops repeated and unusable ones."""
        ...


class RetryPolicy(Protocol):
    """Says whether and when a failed item is tried again; the engine does the waiting.

    Seconds are those of the run: in a simulated one the engine multiplies them by the latency scale.
    ``budget`` bounds the retries of a whole run, ``deadline`` the seconds from an item's first attempt after which
    it is not retried; None means no bound.

    An error may ask for a delay (``ErrorRecord.retry_after``): then the longer of both delays counts, up to the policy's
    ``retry_after_cap``, real seconds; a policy without this attribute allows 60.
    """

    @property
    def budget(self) -> int | None: ...

    @property
    def deadline(self) -> float | None: ...

    def delays(self, rng: Random) -> Iterator[float]:
        """Yield the seconds to wait before the second attempt, the third, and so on; the end means no more.

        Draw randomness from ``rng`` only: it is seeded for the item, so that a run can be repeated.
        """
        ...

    def retries(self, error: ErrorRecord) -> bool:
        """Return whether an item that failed with this error deserves another attempt at all."""
        ...
