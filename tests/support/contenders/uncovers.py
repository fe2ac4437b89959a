"""Tries to uncover what is covered in its namespace, to enter the harness's, and to look into the harness's memory."""

from __future__ import annotations

import ctypes
import errno
import os
import subprocess
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

from honest import TaskOrchestrator as Honest

C = ctypes.CDLL(None, use_errno=True)
MNT_DETACH = 2
CLONE3 = 435
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
        if os.uname().machine in {"x86_64", "aarch64"}:
            # In a namespace of its own it could mount file systems in memory, which nobody counts.
            assert is_denied(code=C.unshare(CLONE_NEWNS | CLONE_NEWUSER)), "unshare"
            assert C.syscall(CLONE3, None, 0) == -1, "clone3"
            assert ctypes.get_errno() == errno.ENOSYS, "clone3"
        worker = threading.Thread(target=subprocess.run, args=(["true"],), kwargs={"check": True})
        worker.start()
        worker.join()
        return super().process_text(text)
