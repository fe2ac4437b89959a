"""The functions that Python calls, each with arguments of the types that it is compiled for."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from anagram_plugin_numba.compiled.counting import count_blocks
from anagram_plugin_numba.compiled.grouping import collect, fill_group_table, fill_slots, resolve
from anagram_plugin_numba.compiled.reading import read_files
from anagram_plugin_numba.group_table import make_group_table
from anagram_plugin_numba.native import CAN_READ_FILES, Argument
from anagram_plugin_numba.tables import make_tables
from anagram_plugin_numba.word_memory import make_scratch, make_word_memory

__all__ = ["examples"]


def examples() -> Sequence[tuple[Callable[..., object], Sequence[Argument]]]:
    """Return each function with an example of its arguments. They are not called."""
    text = np.frombuffer(b"x", np.uint8)  # an array that cannot be written, as text is
    tables, table, memory, scratch = make_tables(), make_group_table(text), make_word_memory(1), make_scratch(64)
    numbers, wide_numbers = np.zeros(1, np.uint32), np.zeros(1, np.uint64)
    sizes = np.zeros(1, np.int64)
    functions: list[tuple[Callable[..., object], Sequence[Argument]]] = [
        (count_blocks, (text, 0, tables, scratch, memory, table, 0, 0, 0, 0)),
        (fill_group_table, (text, tables, table)),
        (fill_slots, (memory,)),
        (resolve, (memory, tables, table, numbers)),
        (collect, (memory, 0, numbers, wide_numbers, numbers)),
    ]
    if CAN_READ_FILES:
        functions.append((read_files, (text, sizes, memory.long_words, 0)))
    return functions
