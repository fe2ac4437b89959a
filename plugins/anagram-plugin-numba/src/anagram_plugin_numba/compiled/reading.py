"""Reading many small files: three system calls each, with neither the interpreter's lock nor an object of Python's."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import numpy as np
from numba import types
from numpy.typing import NDArray

from anagram_plugin_numba.compilation import compiled
from pipeline_optimization.sources.utf8 import BYTE_ORDER_MARK

__all__ = ["read_files"]

_open = cast("Callable[..., np.int32]", types.ExternalFunction("open", types.int32(types.uint64, types.int32)))
_pread = cast(
    "Callable[..., np.int64]",
    types.ExternalFunction("pread", types.int64(types.int32, types.uint64, types.uint64, types.int64)),
)
_close = cast("Callable[..., np.int32]", types.ExternalFunction("close", types.int32(types.int32)))

NEWLINE = 0x0A
MARK_0, MARK_1, MARK_2 = BYTE_ORDER_MARK  # which is no part of the text


@compiled
def read_files(names: NDArray[np.uint8], sizes: NDArray[np.int64], text: NDArray[np.uint8], flags: int) -> int:
    """Read files of these sizes into ``text``, each followed by a line end, and return how many bytes that are.

    ``names`` has their paths, each followed by a zero. Returns -1 where one cannot be opened, or has fewer bytes.
    """
    name, end = 0, 0
    for size in sizes:
        handle = _open(names.ctypes.data + np.uint64(name), np.int32(flags))
        if handle < 0:
            return -1
        number = _pread(handle, text.ctypes.data + np.uint64(end), np.uint64(size), np.int64(0))
        _close(handle)
        if number != size:
            return -1
        if size >= 3 and text[end] == MARK_0 and text[end + 1] == MARK_1 and text[end + 2] == MARK_2:
            for place in range(end, end + size - 3):
                text[place] = text[place + 3]
            end -= 3
        end += size
        text[end] = NEWLINE
        end += 1
        while names[name]:
            name += 1
        name += 1
    return end
