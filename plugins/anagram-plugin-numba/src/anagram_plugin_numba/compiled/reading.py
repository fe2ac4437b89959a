"""Reads many small files with four system calls for each, without the interpreter's lock and without any object of Python.

Files may change while a run goes on. The run knows each file by its state, a hash of its size, its times, and where it is stored
(``sources.file_state.state_of``). After the read, the state of the open file is compared with it. If they are equal, what was read
is the content that the run knows.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import numpy as np
from numba import types
from numpy.typing import NDArray

from anagram_plugin_numba.decorators import compiled, inlined
from pipeline_optimization.sources.encoding import BYTE_ORDER_MARK

__all__ = ["read_files"]

_open = cast("Callable[..., np.int32]", types.ExternalFunction("open", types.int32(types.uint64, types.int32)))
_pread = cast(
    "Callable[..., np.int64]",
    types.ExternalFunction("pread", types.int64(types.int32, types.uint64, types.uint64, types.int64)),
)
_statx = cast(
    "Callable[..., np.int32]",
    types.ExternalFunction("statx", types.int32(types.int32, types.uint64, types.int32, types.uint32, types.uint64)),
)
_close = cast("Callable[..., np.int32]", types.ExternalFunction("close", types.int32(types.int32)))

AT_EMPTY_PATH = np.int32(0x1000)
STATX_BASIC_STATS = np.uint32(0x7FF)
STATX_INO, STATX_SIZE, STATX_CTIME, STATX_MTIME, STATX_DEV = 4, 5, 12, 14, 17
"""The places of these in Linux's ``struct statx``, in numbers of eight bytes. A time is its seconds, then its nanoseconds in four bytes."""

PRIME_1, PRIME_2, PRIME_5 = (
    np.uint64(11400714785074694791),
    np.uint64(14029467366897019727),
    np.uint64(2870177450012600261),
)
"""Constants of xxHash. CPython computes the hash of a tuple with them, and a state is the hash of a tuple."""

LARGEST_HASH = np.uint64((1 << 61) - 1)
"""The hash of any smaller number is the number itself."""

SECOND, LOW = np.uint64(1_000_000_000), np.uint64(0xFFFFFFFF)
SHARED = np.uint64(1)

NEWLINE = 0x0A
MARK_0, MARK_1, MARK_2 = BYTE_ORDER_MARK  # which is no part of the text


@inlined
def _with_lane(total: np.uint64, lane: np.uint64) -> np.uint64:
    """Return the hash of a tuple after one more member, as CPython's ``tuplehash`` computes it."""
    total += lane * PRIME_2
    return ((total << np.uint64(31)) | (total >> np.uint64(33))) * PRIME_1


@inlined
def _time(facts: NDArray[np.uint64], place: int) -> np.uint64:
    """Return a time of a ``struct statx`` in nanoseconds."""
    nanoseconds: np.uint64 = facts[place] * SECOND + (facts[place + 1] & LOW)
    return nanoseconds


@compiled
def _is_in_state(facts: NDArray[np.uint64], state: np.uint64) -> bool:
    """Return whether a ``struct statx`` is that of a file with this state (``sources.file_state.state_of``).

    Very large numbers have other hashes than are computed here. For these the answer is False, and the caller reads the file in Python.
    """
    is_shared = (state & SHARED) != 0
    dev = facts[STATX_DEV]  # the major and the minor number, of which glibc's makedev makes one number
    major, minor = dev & LOW, dev >> np.uint64(32)
    device = (
        (major & np.uint64(0xFFFFF000)) << np.uint64(32)
        | (major & np.uint64(0xFFF)) << np.uint64(8)
        | (minor & np.uint64(0xFFFFFF00)) << np.uint64(12)
        | (minor & np.uint64(0xFF))
    )
    size, number = facts[STATX_SIZE], facts[STATX_INO]
    modified, changed = _time(facts, STATX_MTIME), _time(facts, STATX_CTIME)
    # CPython takes larger numbers modulo 2**61 - 1.
    if max(size, modified, changed, number, device) >= LARGEST_HASH:
        return False
    total = _with_lane(_with_lane(PRIME_5, size), modified)
    length = np.uint64(2)
    # A shared state has no facts that may differ on another machine that sees the same file.
    if not is_shared:
        total = _with_lane(_with_lane(_with_lane(total, changed), number), device)
        length = np.uint64(5)
    # These constants, and the other value for a sum of all ones, which Python keeps for errors, are those of ``tuplehash``, too.
    total += length ^ (PRIME_5 ^ np.uint64(3527539))
    if total == ~np.uint64(0):
        total = np.uint64(1546275796)
    # From here on as in ``state_of``: the lowest bit tells a shared state, and 0 stands for a file without a state.
    total &= ~SHARED
    if is_shared:
        total |= SHARED
    elif not total:
        total = np.uint64(2)
    return bool(total == state)


@compiled
def read_files(  # noqa: PLR0917 - numba takes positional arguments
    names: NDArray[np.uint8],
    sizes: NDArray[np.int64],
    states: NDArray[np.uint64],
    text: NDArray[np.uint8],
    facts: NDArray[np.uint64],
    flags: int,
) -> int:
    """Read files into one text, each with a line feed behind it, and return how many bytes the text has.

    Return -1 if a file cannot be opened, has fewer bytes, or is in another state. ``names`` has the paths, each with a zero byte behind it.
    A file without a state has the state 0. ``facts`` is room for a ``struct statx``, and ``flags`` are those to open files with.
    """
    name, end = 0, 0
    # With the empty path, ``statx`` describes the open file itself. The zero byte behind the last name serves as one.
    empty = names.ctypes.data + np.uint64(len(names) - 1)
    for file in range(len(sizes)):
        size, state = sizes[file], states[file]
        handle = _open(names.ctypes.data + np.uint64(name), np.int32(flags))
        if handle < 0:
            return -1
        number = _pread(handle, text.ctypes.data + np.uint64(end), np.uint64(size), np.int64(0))
        is_as_it_was = state == 0 or (
            _statx(handle, empty, AT_EMPTY_PATH, STATX_BASIC_STATS, facts.ctypes.data) == 0
            and _is_in_state(facts, state)
        )
        _close(handle)
        # The reason is not told. The core then reads the files one by one, and its errors are the same with every kernel.
        if number != size or not is_as_it_was:
            return -1
        # A byte order mark at the beginning of a file is no part of the text.
        # A mark is three bytes. The text moves forward over it.
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
