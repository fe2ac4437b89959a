"""Arrays of numbers that compiled code fills. They are made with the standard library: to import numpy takes as long as to count 20 MB."""

from __future__ import annotations

import ctypes
from array import array
from collections.abc import Iterable
from struct import calcsize
from typing import Any, Literal, TypeAlias

__all__ = [
    "Argument",
    "Bools",
    "Flat",
    "Int64",
    "Numbers",
    "Uint8",
    "Uint32",
    "Uint64",
    "address_of",
    "clear",
    "numbers_of",
    "zeros",
]

Numbers: TypeAlias = "memoryview[Any]"
"""Writable numbers side by side. Compiled code sees a one-dimensional array of numpy, whose type each name below tells."""

Bools: TypeAlias = "memoryview[Any]"
Int64: TypeAlias = "memoryview[Any]"
Uint8: TypeAlias = "memoryview[Any]"
Uint32: TypeAlias = "memoryview[Any]"
Uint64: TypeAlias = "memoryview[Any]"

Format: TypeAlias = Literal["B", "I", "Q", "q"]
"""Formats of ``struct``: unsigned numbers of one, four and eight bytes, and signed ones of eight bytes."""


class Flat(list[int]):
    """Arguments that are flat already. To find the address of an array takes a microsecond, and there are many calls.

    The arrays must be kept as long as their addresses are used.
    """


Argument: TypeAlias = "int | bytes | Numbers | tuple[Numbers, ...] | Flat"
"""What compiled functions take."""


def zeros(format: Format, size: int) -> Numbers:  # noqa: A002 - as memoryview calls it
    """Return an array of zeros."""
    return memoryview(bytearray(calcsize(format) * size)).cast(format)


def numbers_of(format: Format, values: Iterable[int]) -> Numbers:  # noqa: A002 - as above
    """Return the values as an array. Raises OverflowError for a value that the format has no room for."""
    return memoryview(array(format, values))


def clear(numbers: Numbers) -> None:
    ctypes.memset(address_of(numbers), 0, numbers.nbytes)


def address_of(numbers: Numbers | bytes) -> int:
    """Return the address of the numbers. It stays valid while they exist."""
    if isinstance(numbers, bytes):
        return ctypes.cast(ctypes.c_char_p(numbers), ctypes.c_void_p).value or 0
    return ctypes.addressof((ctypes.c_char * 0).from_buffer(numbers))
