"""The compiled functions that Python calls, each with an example of its arguments. numba compiles them for the types of these."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from anagram_plugin_numba.compiled.adding import add_counts, keep_each_once, narrow, take_counts
from anagram_plugin_numba.compiled.counting import count_blocks
from anagram_plugin_numba.compiled.grouping import collect, count_longer, fill_group_table, fill_slots, resolve
from anagram_plugin_numba.compiled.reading import read_files
from anagram_plugin_numba.group_table import make_group_table
from anagram_plugin_numba.native import CAN_READ_FILES
from anagram_plugin_numba.numbers import Argument, zeros
from anagram_plugin_numba.tables import make_tables
from anagram_plugin_numba.word_memory import make_scratch, make_word_memory

__all__ = ["examples"]


def examples() -> Sequence[tuple[Callable[..., object], Sequence[Argument]]]:
    """Return each function with an example of its arguments. The functions are not called with them."""
    text = b"x"  # bytes cannot be written, so numba compiles for an array that is only read
    tables, table, memory, scratch = make_tables(), make_group_table(1, 1), make_word_memory(1), make_scratch(64)
    numbers, wide_numbers = zeros("I", 1), zeros("Q", 1)
    sizes = zeros("q", 1)
    functions: list[tuple[Callable[..., object], Sequence[Argument]]] = [
        (count_blocks, (text, 0, tables, scratch, memory, table, 0, 0, 0, 0)),
        (fill_group_table, (text, tables, table)),
        (fill_slots, (memory,)),
        (resolve, (memory, tables, table, numbers)),
        (collect, (memory, 0, numbers, wide_numbers, numbers)),
        (add_counts, (numbers, numbers, 1, wide_numbers)),
        (take_counts, (wide_numbers, numbers, wide_numbers)),
        (narrow, (wide_numbers, numbers)),
        (keep_each_once, (numbers, numbers, wide_numbers)),
        (count_longer, (text, 1)),
    ]
    if CAN_READ_FILES:
        functions.append((read_files, (text, sizes, wide_numbers, memory.long_words, wide_numbers, 0)))
    return functions
