"""Starts a process that traces it, and so holds it when it has ended."""

from __future__ import annotations

import ctypes
import os
import time
from typing import Any

from honest import TaskOrchestrator as Honest

PTRACE_SEIZE = 0x4206


class TaskOrchestrator(Honest):
    def process_text(self, text: str) -> dict[str, Any]:
        traced, (read, write) = os.getpid(), os.pipe()
        if os.fork() == 0:
            ctypes.CDLL(None).ptrace(PTRACE_SEIZE, traced, None, None)
            os.write(write, b"!")
            time.sleep(60)
            os._exit(0)
        os.read(read, 1)
        os.close(read)
        os.close(write)
        return super().process_text(text)
