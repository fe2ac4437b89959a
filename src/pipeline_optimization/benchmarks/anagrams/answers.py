"""Whether an answer is right, and if not, in which way it is wrong."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from pipeline_optimization.benchmarks.measuring.messages import GarbledError
from pipeline_optimization.benchmarks.results import Problem
from pipeline_optimization.plural import counted

if TYPE_CHECKING:
    from pipeline_optimization.benchmarks.anagrams.texts import FreshText

__all__ = ["judge_counts", "read_counts"]


def judge_counts(
    counts: Mapping[str, int], text: FreshText, *, earlier: Sequence[FreshText], failed_words: Iterable[str]
) -> Problem | None:
    """Compare counts with the oracle's. Return None, or the way in which they are wrong.

    ``earlier`` are the texts that the process had before, and ``failed_words`` the words whose task never succeeded.
    """
    expected = text.expected
    if counts == expected:
        return None
    if any(counts == other.expected for other in earlier):
        return Problem(code="memorised_answer", text="It returned the counts of an earlier text.")
    if counts == text.oracle.count(list(dict.fromkeys(text.tokens))):
        return Problem(code="counted_distinct_words", text=_difference(counts, expected))
    failed = set(failed_words)
    if failed and counts == text.oracle.count([token for token in text.tokens if token not in failed]):
        lost = ", ".join(sorted(failed)[:3])
        return Problem(code="dropped_words", text=f"What {lost} should have given is missing from the counts.")
    if invented := counts.keys() - expected.keys():
        return Problem(
            code="invented_words",
            text=f"{counted(len(invented), 'word')} that the text does not give, {min(invented)!r} among them.",
        )
    return Problem(code="wrong_counts", text=_difference(counts, expected))


def _difference(counts: Mapping[str, int], expected: Mapping[str, int]) -> str:
    wrong = {word for word in counts.keys() | expected.keys() if counts.get(word) != expected.get(word)}
    first = min(wrong)
    return f"{len(wrong)} of {counted(len(expected), 'word')} {'differs' if len(wrong) == 1 else 'differ'}: {first!r} {counted(counts.get(first, 0), 'time')} instead of {expected.get(first, 0)}."


def read_counts(body: bytes) -> Mapping[str, int]:
    """Return the counts that ``answering`` encoded. Raises GarbledError if they are no words with a number each."""
    end = 8 + int.from_bytes(body[:8], "big")
    try:
        numbers = array("q", body[end:])
        words = body[8:end].decode("utf-8", "surrogatepass").split("\n") if numbers else []
    except ValueError:  # half a number, or words that are no text
        raise GarbledError(f"an answer of {len(body)} bytes that are no counts") from None
    if len(words) != len(numbers):
        raise GarbledError(f"{len(words)} words with {len(numbers)} numbers")
    counts = dict(zip(words, numbers, strict=True))
    if len(counts) != len(words):
        raise GarbledError("an answer that has a word twice")
    return counts
