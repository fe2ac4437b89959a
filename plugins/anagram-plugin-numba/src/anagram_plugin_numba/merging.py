"""Adds up results of the kernel, in workers and in the parent."""

from __future__ import annotations

from array import array
from collections.abc import Sequence

from anagram_plugin_numba.native import NativeFunctions, load
from anagram_plugin_numba.numbers import Uint32, Uint64, zeros
from pipeline_optimization.types import ChunkCounts

__all__ = ["each_once", "merge", "packed"]


def merge(counts: Sequence[ChunkCounts]) -> ChunkCounts:
    """Return the sum of several results.

    The total of each group is kept at the place of its number, so that no search is needed.
    """
    native = load()
    size = 1 + max((found.groups[-1] for found in counts if found.groups), default=-1)
    totals, groups, occurrences = zeros("Q", size), zeros("I", size + 1), zeros("Q", size + 1)
    sample = array("I")
    for found in counts:
        halves = memoryview(found.occurrences).cast("B").cast("I")
        native.call("add_counts", memoryview(found.groups), halves, found.occurrences.itemsize // 4, totals)
        sample.extend(found.sample)
    number = native.call("take_counts", totals, groups, occurrences)
    return ChunkCounts(
        groups=array("I", groups[:number].tobytes()),
        occurrences=packed(native, occurrences[:number]),
        words=sum(found.words for found in counts),
        distinct_words=sum(found.distinct_words for found in counts),
        sample=array("I", each_once(native, memoryview(sample)).tobytes()),
        chunks=sum(found.chunks for found in counts),
    )


def packed(native: NativeFunctions, occurrences: Uint64) -> array[int]:
    """Return numbers as an array, with four bytes each if all of them fit. Results are sent between processes and stored in checkpoints."""
    halves = zeros("I", len(occurrences))
    if native.call("narrow", occurrences, halves):
        return array("Q", occurrences.tobytes())
    return array("I", halves.tobytes())


def each_once(native: NativeFunctions, numbers: Uint32) -> Uint32:
    """Sort numbers in place, and return the different ones. They stand at the beginning then."""
    return numbers[: native.call("keep_each_once", numbers, zeros("I", len(numbers)), zeros("Q", 256))]
