"""The counting kernel ``numba``, which is compiled to machine code. It pays for inputs that are large enough to make up for loading it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Final

from pipeline_optimization.hookspecs import hookimpl
from pipeline_optimization.types import ChunkCounts, CountingKernel, GroupIndex, KernelOffer, Tokenizer

LETTER_SIGNATURES = frozenset({"counts", "letters", "primes"})
"""The signatures that are equal exactly for words of the same letters. The kernel compares letters itself, and asks no signature."""

WORTH_FROM_BYTES: Final = 4_000_000
"""The smallest input for which the kernel is worth loading. On a usual machine that is 2 MB, which pure Python counts while the kernel is loaded; it is doubled
for machines that load more slowly."""


def make(index: GroupIndex, tokenizer: Tokenizer) -> CountingKernel:
    """Build the kernel. What it needs is imported only now."""
    from anagram_plugin_numba.kernel import NumbaKernel  # noqa: PLC0415 - only when it is chosen

    return NumbaKernel(index)


def prepare(announce: Callable[[str], None]) -> None:
    """Load the kernel, and compile it before if no earlier run has. So workers find it compiled.

    Args:
        announce: Called with a text before something that takes long.

    Raises:
        Exception: Whatever numba and llvmlite raise.
    """
    from anagram_plugin_numba.native import load  # noqa: PLC0415 - as above

    load(announce)


def merge(counts: Sequence[ChunkCounts]) -> ChunkCounts:
    """Add up results in compiled code. It is loaded only now."""
    from anagram_plugin_numba import merging  # noqa: PLC0415 - as above

    return merging.merge(counts)


@hookimpl
def anagram_counting_kernel(tokenizer: str, signature: str) -> KernelOffer | None:
    """Offer the kernel for the one tokenizer whose rules are built into it.

    It reads eight bytes as one number whose lowest byte is the first, so the machine must be little-endian.
    """
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
