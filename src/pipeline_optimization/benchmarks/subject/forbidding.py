"""Lets a process and its children create no user namespace, by a filter of system calls (seccomp(2)).

In a namespace of its own a contender would be root. It could mount file systems in memory, which no limit bounds and nobody counts.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
from collections.abc import Sequence

__all__ = ["forbid_user_namespaces"]

CLONE_NEWUSER = 0x10000000
SET_MODE_FILTER = 1
SPEC_ALLOW = 1 << 2
"""Without this flag, older kernels make processes with a filter slower, in fear of side channels."""

CLONE3 = 435
X32 = 0x40000000
"""Calls of another ABI of x86-64 begin here, with other numbers."""

ALLOW, REFUSE = 0x7FFF0000, 0x00050000
LOAD, IF_EQUAL, IF_AT_LEAST, IF_SET, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
"""Instructions of the filter: load a word of the call's facts, jump, return."""

NUMBER, MACHINE, FLAGS = 0, 4, 16
"""Where the facts of a call have its number, the machine's, and the lower half of the first argument (both machines are little-endian)."""

MACHINES = {"x86_64": (0xC000003E, 317, 272, 56), "aarch64": (0xC00000B7, 277, 97, 220)}
"""The machine's number for the kernel, and the numbers of seccomp(2), unshare(2) and clone(2)."""


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def forbid_user_namespaces(library: ctypes.CDLL) -> bool:
    """Set the filter by the C library. Return whether that worked. On other machines, or in some containers, it does not."""
    if (machine := MACHINES.get(os.uname().machine)) is None:
        return False
    number, seccomp, unshare, clone = machine
    code = b"".join(struct.pack("=HBBI", *one) for one in _instructions(number, unshare, clone))
    program = _Program(len(code) // 8, code)
    return bool(library.syscall(seccomp, SET_MODE_FILTER, SPEC_ALLOW, ctypes.byref(program)) == 0)


def _instructions(machine: int, unshare: int, clone: int) -> Sequence[tuple[int, int, int, int]]:
    """Return the filter: an operation, how many instructions to skip if a test succeeds and if it fails, and an operand."""
    return (
        (LOAD, 0, 0, MACHINE),
        (IF_EQUAL, 0, 8, machine),
        (LOAD, 0, 0, NUMBER),
        (IF_AT_LEAST, 6, 0, X32),
        (
            IF_EQUAL,
            6,
            0,
            CLONE3,
        ),  # its flags are in memory, which a filter cannot read; the C library then uses clone(2)
        (IF_EQUAL, 1, 0, unshare),
        (IF_EQUAL, 0, 2, clone),
        (LOAD, 0, 0, FLAGS),
        (IF_SET, 1, 0, CLONE_NEWUSER),
        (RETURN, 0, 0, ALLOW),
        (RETURN, 0, 0, REFUSE | errno.EPERM),
        (RETURN, 0, 0, REFUSE | errno.ENOSYS),
    )
