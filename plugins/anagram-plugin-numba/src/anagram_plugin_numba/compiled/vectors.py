"""Functions that compile to instructions of the processor for which numba has no expression.

Each has two names: a function that generates the instructions, such as ``_ones``, and the function that compiled code calls, such as ``ones``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic
from numba.np.arrayobj import make_array

from anagram_plugin_numba.numbers import Uint8
from anagram_plugin_numba.tables import is_kept, is_separator

__all__ = ["hash_of_bytes", "load_eight", "ones", "trailing_zeros", "what_is"]

BYTE, NUMBER, BYTES, BITS = (
    ir.IntType(8),
    ir.IntType(64),
    ir.VectorType(ir.IntType(8), 64),
    ir.VectorType(ir.IntType(1), 64),
)

WIDE = ir.VectorType(ir.IntType(32), 16)

Generated = tuple[object, Callable[..., ir.Value]]


def _place(
    context: object, builder: ir.IRBuilder, array: types.Array, arguments: list[ir.Value], kind: ir.Type
) -> ir.Value:
    """Return a pointer of type ``kind`` into an array of bytes. The arguments are the array and the offset, which may be any."""
    data = make_array(array)(context, builder, arguments[0]).data  # type: ignore[no-untyped-call]  # numba has few types
    return builder.bitcast(builder.gep(data, [arguments[1]]), kind.as_pointer())


def _load_eight(typing_context: object, array: types.Array, offset: types.Integer) -> Generated:
    """Load the eight bytes at any offset of an array of bytes as one number."""

    def generate(context: object, builder: ir.IRBuilder, signature: object, arguments: list[ir.Value]) -> ir.Value:
        return builder.load(_place(context, builder, array, arguments, NUMBER), align=1)

    return types.uint64(array, types.uint64), generate


def _ranges(belongs: Callable[[int], bool]) -> list[tuple[int, int]]:
    """Return the ranges of byte values that belong, each as its first value and how many values it has."""
    firsts = [byte for byte in range(256) if belongs(byte) and not (byte and belongs(byte - 1))]
    return [(first, next(n for n in range(1, 257) if first + n > 255 or not belongs(first + n))) for first in firsts]


def _which(builder: ir.IRBuilder, text: ir.Value, belongs: Callable[[int], bool]) -> ir.Value:
    """Return a number with one bit for each of 64 bytes, which is set if the byte belongs.

    For each range of values, one subtraction and one comparison do it. The numbers are unsigned, so values below the range become very large.
    """
    found = ir.Constant(BITS, None)
    for first, number in _ranges(belongs):
        distance = builder.sub(text, ir.Constant(BYTES, [first] * 64))
        found = builder.or_(found, builder.icmp_unsigned("<", distance, ir.Constant(BYTES, [number] * 64)))
    return builder.bitcast(found, NUMBER)


def _what_is(typing_context: object, array: types.Array, offset: types.Integer) -> Generated:
    """Return two numbers for 64 bytes, with one bit for each byte, that of the first byte lowest: which are kept, and which are separators."""

    def generate(context: object, builder: ir.IRBuilder, signature: object, arguments: list[ir.Value]) -> ir.Value:
        text = builder.load(_place(context, builder, array, arguments, BYTES), align=1)
        pair = ir.Constant(ir.ArrayType(NUMBER, 2), ir.Undefined)
        pair = builder.insert_value(pair, _which(builder, text, is_kept), 0)
        return builder.insert_value(pair, _which(builder, text, is_separator), 1)

    pair_type = types.UniTuple(types.uint64, 2)  # type: ignore[no-untyped-call]  # as above
    return pair_type(array, types.uint64), generate


def _hash_of_bytes(typing_context: object, low: types.Integer, high: types.Integer) -> Generated:
    """Return a hash of 16 bytes, in 32 bits. It does not depend on their order, nor on zero bytes among them, so anagrams have the same hash."""

    def generate(context: object, builder: ir.IRBuilder, signature: object, arguments: list[ir.Value]) -> ir.Value:
        pair = ir.Constant(ir.VectorType(NUMBER, 2), ir.Undefined)
        for index, half in enumerate(arguments):
            pair = builder.insert_element(pair, half, ir.IntType(32)(index))
        hashes = builder.zext(builder.bitcast(pair, ir.VectorType(BYTE, 16)), WIDE)
        # Each byte is hashed by itself, and the hashes are added. Multiplications alone would not do: a sum of products is the product of the
        # sum, so that all words with the same sum of bytes would have the same hash. The shifts prevent that.
        for factor, shift in ((0x9E3779B1, 15), (0x85EBCA77, 13)):
            hashes = builder.mul(hashes, ir.Constant(WIDE, [factor] * 16))
            hashes = builder.xor(hashes, builder.lshr(hashes, ir.Constant(WIDE, [shift] * 16)))
        add = builder.module.declare_intrinsic(
            "llvm.vector.reduce.add.v16i32", (), ir.FunctionType(ir.IntType(32), [WIDE])
        )
        return builder.zext(builder.call(add, [hashes]), NUMBER)

    return types.uint64(types.uint64, types.uint64), generate


def _ones(typing_context: object, bits: types.Integer) -> Generated:
    """Return how many bits of a number are set."""

    def generate(context: object, builder: ir.IRBuilder, signature: object, arguments: list[ir.Value]) -> ir.Value:
        return builder.ctpop(arguments[0])

    return types.uint64(types.uint64), generate


def _trailing_zeros(typing_context: object, bits: types.Integer) -> Generated:
    """Return how many bits stand below the lowest bit of a number that is set; 64 for 0."""

    def generate(context: object, builder: ir.IRBuilder, signature: object, arguments: list[ir.Value]) -> ir.Value:
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 0))

    return types.uint64(types.uint64), generate


load_eight = cast("Callable[[Uint8, np.uint64], np.uint64]", intrinsic(_load_eight))
what_is = cast("Callable[[Uint8, np.uint64], tuple[np.uint64, np.uint64]]", intrinsic(_what_is))
hash_of_bytes = cast("Callable[[np.uint64, np.uint64], np.uint64]", intrinsic(_hash_of_bytes))
ones = cast("Callable[[np.uint64], np.uint64]", intrinsic(_ones))
trailing_zeros = cast("Callable[[np.uint64], np.uint64]", intrinsic(_trailing_zeros))
