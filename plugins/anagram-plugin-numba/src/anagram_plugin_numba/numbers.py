"""Arrays of numbers for compiled code, made with the standard library. To import numpy would take as long as counting 20 MB."""

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
"""An array of numbers. Compiled code sees it as a one-dimensional array of numpy; each name below says of which type."""

Bools: TypeAlias = "memoryview[Any]"
Int64: TypeAlias = "memoryview[Any]"
Uint8: TypeAlias = "memoryview[Any]"
Uint32: TypeAlias = "memoryview[Any]"
Uint64: TypeAlias = "memoryview[Any]"

Format: TypeAlias = Literal["B", "I", "Q", "q"]
"""The type of the numbers, as in ``struct``: unsigned numbers of one, four and eight bytes, and signed numbers of eight bytes."""


class Flat(list[int]):
    """Arguments that are a list of numbers already (``native.flat``), for arrays that are passed often.

    To ask an array for its address takes a microsecond. The arrays must exist as long as the list is used, since it has their addresses only.
    """


Argument: TypeAlias = "int | bytes | Numbers | tuple[Numbers, ...] | Flat"
"""What can be passed to compiled functions."""


def zeros(format: Format, size: int) -> Numbers:  # noqa: A002 - as memoryview calls it
    """Return an array of zeros."""
    return memoryview(bytearray(calcsize(format) * size)).cast(format)


def numbers_of(format: Format, values: Iterable[int]) -> Numbers:  # noqa: A002 - as above
    """Return an array of values. Raises OverflowError if a value does not fit into the type."""
    return memoryview(array(format, values))


def clear(numbers: Numbers) -> None:
    """Set all numbers of an array to zero."""
    ctypes.memset(address_of(numbers), 0, numbers.nbytes)


def address_of(numbers: Numbers | bytes) -> int:
    """Return the address of an array. It is valid while the array exists."""
    if isinstance(numbers, bytes):
        return ctypes.cast(ctypes.c_char_p(numbers), ctypes.c_void_p).value or 0
    return ctypes.addressof((ctypes.c_char * 0).from_buffer(numbers))
