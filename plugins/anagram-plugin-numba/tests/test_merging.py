"""Adding up results shows in no result."""

from __future__ import annotations

from array import array
from typing import cast

from hypothesis import given
from hypothesis import strategies as st

from anagram_plugin_numba import merge
from anagram_plugin_numba.merging import each_once, packed
from anagram_plugin_numba.native import load
from anagram_plugin_numba.numbers import numbers_of
from pipeline_optimization.counting.totals import Totals, decode_counts, encode_counts
from pipeline_optimization.types import ChunkCounts, GroupIndex

COUNTS = st.builds(
    lambda found, wide: ChunkCounts(
        groups=array("I", sorted(found)),
        occurrences=array("Q" if wide else "I", [found[group] for group in sorted(found)]),
        words=sum(found.values()),
        distinct_words=len(found),
        sample=array("I", sorted(found)),
    ),
    st.dictionaries(st.integers(0, 100), st.integers(1, (1 << 32) - 1)),
    st.booleans(),
)


@given(st.lists(COUNTS, max_size=50))
def test_merging_shows_nowhere(found: list[ChunkCounts]) -> None:
    """The sum is that of adding each, whatever waits when it is asked for."""
    merging, plain = Totals(merge), Totals()
    for number, counts in enumerate(found):
        merging.add(counts)
        plain.add(counts)
        if number % 7 == 0:
            assert merging.matched_words == plain.matched_words
    restored = Totals(merge)
    restored.restore(merging.to_bytes(), groups=101)
    for totals in (merging, restored):
        assert (totals.words, totals.distinct_words, totals.matched_words) == (
            plain.words,
            plain.distinct_words,
            plain.matched_words,
        )
        assert totals.to_bytes()[:16] == plain.to_bytes()[:16]
    assert by_group(merging) == by_group(plain)


def by_group(totals: Totals) -> dict[int, int]:
    """Return the occurrences of each group, told by an index whose words are the groups' numbers."""

    class Numbers:
        def words_of(self, group: int) -> list[str]:
            return [str(group)]

    return {int(word): number for word, number in totals.anagram_counts(cast("GroupIndex", Numbers())).items()}


def test_large_counts_travel() -> None:
    """Occurrences take eight bytes where four are not enough."""
    for number, typecode in ((2**32 - 1, "I"), (2**32, "Q")):
        occurrences = packed(load(), numbers_of("Q", [1, number]))
        assert occurrences.typecode == typecode
        counts = ChunkCounts(
            groups=array("I", [3, 4]),
            occurrences=occurrences,
            words=9,
            distinct_words=2,
            sample=array("I", [16]),
            chunks=2,
        )
        assert decode_counts(encode_counts(counts)) == counts


@given(st.lists(st.integers(0, (1 << 32) - 1) | st.integers(0, 300)))
def test_each_once(found: list[int]) -> None:
    """Numbers are left each once, ascending."""
    assert list(each_once(load(), numbers_of("I", found))) == sorted(set(found))
