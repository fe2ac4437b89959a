"""Leaves its answers where another contender can find them, in files and in memory of System V, and takes what it finds."""

from __future__ import annotations

import ctypes
import json
import os
from hashlib import sha256
from pathlib import Path
from tempfile import gettempdir
from typing import Any

from honest import TaskOrchestrator as Honest

IPC_CREAT = 0o1000
C = ctypes.CDLL(None, use_errno=True)
C.shmat.restype = ctypes.c_void_p


class TaskOrchestrator(Honest):
    def process_text(self, text: str) -> dict[str, Any]:
        name = sha256(text.encode()).hexdigest()
        file = Path(gettempdir()) / f"answer-{name}"
        key = int(name[:7], 16)
        is_there = file.exists() or C.shmget(key, 1, 0) >= 0
        if is_there and text not in self.seen:
            raise AssertionError("another sample left its answer")
        self.seen.add(text)
        file.write_text(text)
        assert C.shmget(key, 1, IPC_CREAT | 0o600) >= 0, os.strerror(ctypes.get_errno())
        return {**super().process_text(text), "left": json.dumps(name)}

    seen: set[str] = set()
