"""The counting kernel ``numba``: compiled code, for inputs that are large enough to make up for loading it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Final

from pipeline_optimization.hookspecs import hookimpl
from pipeline_optimization.types import ChunkCounts, CountingKernel, GroupIndex, KernelOffer, Tokenizer

LETTER_SIGNATURES = frozenset({"counts", "letters", "primes"})
"""Signatures that are equal exactly for words of the same letters, which is what the kernel compares."""

WORTH_FROM_BYTES: Final = 4_000_000
"""Loading what it needs takes as long as pure Python takes to count 2 MB. The other 2 MB are for machines where it takes longer."""


def make(index: GroupIndex, tokenizer: Tokenizer) -> CountingKernel:
    """Build the kernel, importing numba only now."""
    from anagram_plugin_numba.kernel import NumbaKernel  # noqa: PLC0415 - only when it is chosen

    return NumbaKernel(index)


def prepare(announce: Callable[[str], None]) -> None:
    """Load the kernel. If no earlier run has compiled it, compile it first, so that workers find it compiled.

    Raises what numba and llvmlite raise.
    """
    from anagram_plugin_numba.native import load  # noqa: PLC0415 - as above

    load(announce)


def merge(counts: Sequence[ChunkCounts]) -> ChunkCounts:
    """Add up results in compiled code, loading that only now."""
    from anagram_plugin_numba import merging  # noqa: PLC0415 - as above

    return merging.merge(counts)


@hookimpl
def anagram_counting_kernel(tokenizer: str, signature: str) -> KernelOffer | None:
    """Offer the kernel for the tokenizer that is built into it, on little-endian machines: it reads eight bytes as one number."""
    if tokenizer != "exercise" or signature not in LETTER_SIGNATURES or sys.byteorder != "little":
        return None
    return KernelOffer(
        name="numba",
        summary="compiled; from 4 MB on",
        factory=make,
        prepare=prepare,
        merge=merge,
        worth_from_bytes=WORTH_FROM_BYTES,
        is_parallel=True,
    )
