"""Adding up results, in the process that has the sum as well as in those that count."""

from __future__ import annotations

from array import array
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from anagram_plugin_numba.word_memory import each_once
from pipeline_optimization.types import ChunkCounts

__all__ = ["merge", "packed"]


def merge(counts: Sequence[ChunkCounts]) -> ChunkCounts:
    """Return the sum of several results."""
    totals = np.zeros(1 + max((found.groups[-1] for found in counts if found.groups), default=0), np.uint64)
    for found in counts:
        totals[np.asarray(found.groups)] += np.asarray(found.occurrences).astype(np.uint64, copy=False)
    groups = np.flatnonzero(totals != 0)  # of truth values, since those of numbers take five times as long
    sample = each_once(np.concatenate([np.asarray(found.sample) for found in counts]))
    return ChunkCounts(
        groups=array("I", groups.astype(np.uint32).tobytes()),
        occurrences=packed(totals[groups]),
        words=sum(found.words for found in counts),
        distinct_words=sum(found.distinct_words for found in counts),
        sample=array("I", sample.tobytes()),
        chunks=sum(found.chunks for found in counts),
    )


def packed(occurrences: NDArray[np.uint64]) -> array[int]:
    """Return them in four bytes each where that is enough: results travel, and are kept in checkpoints."""
    if not len(occurrences) or int(occurrences.max()) < 1 << 32:
        return array("I", occurrences.astype(np.uint32).tobytes())
    return array("Q", occurrences.tobytes())
