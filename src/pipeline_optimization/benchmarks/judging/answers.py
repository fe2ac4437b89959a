"""Is an answer right, and if not, in which way is it wrong?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from pipeline_optimization.benchmarks.records import Problem
from pipeline_optimization.benchmarks.texts import FreshText
from pipeline_optimization.plural import counted

__all__ = ["judge_answer"]


def judge_answer(
    counts: Mapping[str, int], text: FreshText, *, earlier: Sequence[FreshText], failed_words: Iterable[str]
) -> Problem | None:
    """Compare counts with the oracle's; name the way in which they are wrong, or return None.

    ``earlier`` are the texts that the process had seen before, ``failed_words`` those whose task never succeeded.
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
    invented = sorted(counts.keys() - expected.keys())
    if invented:
        return Problem(
            code="invented_words",
            text=f"{counted(len(invented), 'word')} that the text does not give, {invented[0]!r} among them.",
        )
    return Problem(code="wrong_counts", text=_difference(counts, expected))


def _difference(counts: Mapping[str, int], expected: Mapping[str, int]) -> str:
    wrong = sorted(word for word in counts.keys() | expected.keys() if counts.get(word) != expected.get(word))
    first = wrong[0]
    return f"{len(wrong)} of {counted(len(expected), 'word')} {'differs' if len(wrong) == 1 else 'differ'}: {first!r} {counted(counts.get(first, 0), 'time')} instead of {expected.get(first, 0)}."
