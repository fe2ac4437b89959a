"""The reference: a plain program in C that counts the same words against the same lexicon."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from pipeline_optimization.counting.index import AnagramIndex
from speed_table.alternation import Program
from speed_table.peers import compile_c, run

__all__ = ["Reference"]

MASK = (1 << 64) - 1
MIX_LOW, MIX_HIGH = 0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F


class Reference:
    """Compiles the program and writes the lexicon as the table that it reads."""

    def __init__(self, index: AnagramIndex, directory: Path) -> None:
        self._table = directory / "table"
        self._table.write_bytes(_table(index))
        self._program = compile_c(Path(__file__).with_name("reference.c"), directory / "reference")

    def counting(self, path: Path, threads: int) -> Program:
        """Return the program for a file; it takes its own time, without starting and reading its table."""

        def program() -> tuple[float | None, object]:
            words = run([str(self._program), str(self._table), str(path), str(threads)]).split()
            return float(words[0]), int(words[words.index("total") + 1])

        return program


def _table(index: AnagramIndex) -> bytes:
    words = [index.words_of(group)[0] for group in range(len(index))]
    slots = 1 << (4 * len(words)).bit_length()
    shift = 64 - (slots.bit_length() - 1)
    table = np.zeros(slots, dtype=[("low", "<u8"), ("high", "<u8"), ("length", "<u4"), ("group", "<i4")])
    table["group"] = -1
    for group, word in enumerate(words):
        low = high = 0
        for letter in word.encode("ascii"):
            half, place = divmod(letter - ord("a"), 13)
            low += (1 - half) << 4 * place
            high += half << 4 * place
        slot = (((low * MIX_LOW ^ high * MIX_HIGH) & MASK) * MIX_LOW & MASK) >> shift
        while table["group"][slot] >= 0:
            slot = (slot + 1) % slots
        table[slot] = (low, high, len(word), group)
    head = np.array([slots, shift, len(words)], dtype="<u8")
    return head.tobytes() + table.tobytes()
