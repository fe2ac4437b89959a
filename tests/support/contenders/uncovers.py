"""Tries to uncover what is covered in its namespace, to enter the harness's, and to look into the harness's memory."""

from __future__ import annotations

import ctypes
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from honest import TaskOrchestrator as Honest

C = ctypes.CDLL(None, use_errno=True)
MNT_DETACH = 2
CLONE_NEWNS = 0x00020000
CLONE_NEWUSER = 0x10000000
PTRACE_SEIZE = 0x4206


def is_denied(*, code: int) -> bool:
    return code != 0


class TaskOrchestrator(Honest):
    def process_text(self, text: str) -> dict[str, Any]:
        parent = os.getppid()
        assert is_denied(code=C.umount2(b"/tmp", MNT_DETACH)), "umount2"
        assert is_denied(code=C.umount2(b"/dev/shm", MNT_DETACH)), "umount2"
        assert is_denied(code=C.ptrace(PTRACE_SEIZE, parent, None, None)), "ptrace"
        for name in ("mem", "environ", "maps"):
            with suppress(OSError), (Path(f"/proc/{parent}") / name).open("rb") as file:
                file.read(1)
                raise AssertionError(f"the harness's {name} can be read")
        with suppress(OSError):
            handle = os.open(f"/proc/{parent}/ns/mnt", os.O_RDONLY)
            assert is_denied(code=C.setns(handle, 0)), "setns"
        if C.unshare(CLONE_NEWNS | CLONE_NEWUSER) == 0:
            assert is_denied(code=C.umount2(b"/tmp", MNT_DETACH)), "umount2 in a namespace of its own"
        return super().process_text(text)
