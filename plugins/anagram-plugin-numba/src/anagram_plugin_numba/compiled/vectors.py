"""Instructions of the processor that numba has no expression for, as functions that compile to them."""

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
    """Return a pointer to ``kind`` at any offset in an array of bytes, given array and offset."""
    data = make_array(array)(context, builder, arguments[0]).data  # type: ignore[no-untyped-call]  # numba has few types
    return builder.bitcast(builder.gep(data, [arguments[1]]), kind.as_pointer())


def _load_eight(typing_context: object, array: types.Array, offset: types.Integer) -> Generated:
    """Load eight bytes from anywhere in an array of bytes."""

    def generate(context: object, builder: ir.IRBuilder, signature: object, arguments: list[ir.Value]) -> ir.Value:
        return builder.load(_place(context, builder, array, arguments, NUMBER), align=1)

    return types.uint64(array, types.uint64), generate


def _ranges(belongs: Callable[[int], bool]) -> list[tuple[int, int]]:
    """Return the first byte and the number of bytes of each range of bytes that belong."""
    firsts = [byte for byte in range(256) if belongs(byte) and not (byte and belongs(byte - 1))]
    return [(first, next(n for n in range(1, 257) if first + n > 255 or not belongs(first + n))) for first in firsts]


def _which(builder: ir.IRBuilder, text: ir.Value, belongs: Callable[[int], bool]) -> ir.Value:
    """Return a bit for each of 64 bytes: whether it belongs."""
    found = ir.Constant(BITS, None)
    for first, number in _ranges(belongs):
        distance = builder.sub(text, ir.Constant(BYTES, [first] * 64))
        found = builder.or_(found, builder.icmp_unsigned("<", distance, ir.Constant(BYTES, [number] * 64)))
    return builder.bitcast(found, NUMBER)


def _what_is(typing_context: object, array: types.Array, offset: types.Integer) -> Generated:
    """Tell of 64 bytes which are kept and which are separators, as bits; the first byte's bit is the lowest."""

    def generate(context: object, builder: ir.IRBuilder, signature: object, arguments: list[ir.Value]) -> ir.Value:
        text = builder.load(_place(context, builder, array, arguments, BYTES), align=1)
        pair = ir.Constant(ir.ArrayType(NUMBER, 2), ir.Undefined)
        pair = builder.insert_value(pair, _which(builder, text, is_kept), 0)
        return builder.insert_value(pair, _which(builder, text, is_separator), 1)

    pair_type = types.UniTuple(types.uint64, 2)  # type: ignore[no-untyped-call]  # as above
    return pair_type(array, types.uint64), generate


def _hash_of_bytes(typing_context: object, low: types.Integer, high: types.Integer) -> Generated:
    """Return a hash of 16 bytes, in 32 bits, that does not depend on their order nor on bytes of zero among them."""

    def generate(context: object, builder: ir.IRBuilder, signature: object, arguments: list[ir.Value]) -> ir.Value:
        pair = ir.Constant(ir.VectorType(NUMBER, 2), ir.Undefined)
        for index, half in enumerate(arguments):
            pair = builder.insert_element(pair, half, ir.IntType(32)(index))
        hashes = builder.zext(builder.bitcast(pair, ir.VectorType(BYTE, 16)), WIDE)
        # A sum of products would be the product of a sum: what is between makes it depend on each byte.
        for factor, shift in ((0x9E3779B1, 15), (0x85EBCA77, 13)):
            hashes = builder.mul(hashes, ir.Constant(WIDE, [factor] * 16))
            hashes = builder.xor(hashes, builder.lshr(hashes, ir.Constant(WIDE, [shift] * 16)))
        add = builder.module.declare_intrinsic(
            "llvm.vector.reduce.add.v16i32", (), ir.FunctionType(ir.IntType(32), [WIDE])
        )
        return builder.zext(builder.call(add, [hashes]), NUMBER)

    return types.uint64(types.uint64, types.uint64), generate


def _ones(typing_context: object, bits: types.Integer) -> Generated:
    """Count the ones of a number."""

    def generate(context: object, builder: ir.IRBuilder, signature: object, arguments: list[ir.Value]) -> ir.Value:
        return builder.ctpop(arguments[0])

    return types.uint64(types.uint64), generate


def _trailing_zeros(typing_context: object, bits: types.Integer) -> Generated:
    """Count the zeros below the lowest one of a number; 64 for 0."""

    def generate(context: object, builder: ir.IRBuilder, signature: object, arguments: list[ir.Value]) -> ir.Value:
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 0))

    return types.uint64(types.uint64), generate


load_eight = cast("Callable[[Uint8, np.uint64], np.uint64]", intrinsic(_load_eight))
what_is = cast("Callable[[Uint8, np.uint64], tuple[np.uint64, np.uint64]]", intrinsic(_what_is))
hash_of_bytes = cast("Callable[[np.uint64, np.uint64], np.uint64]", intrinsic(_hash_of_bytes))
ones = cast("Callable[[np.uint64], np.uint64]", intrinsic(_ones))
trailing_zeros = cast("Callable[[np.uint64], np.uint64]", intrinsic(_trailing_zeros))
