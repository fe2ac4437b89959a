"""Fills the shared memory until there is no more."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from honest import TaskOrchestrator as Honest


class TaskOrchestrator(Honest):
    def process_text(self, text: str) -> dict[str, Any]:
        with open("/dev/shm/filled-by-a-contender", "wb", buffering=0) as file, suppress(OSError):
            file.writelines(bytes(1 << 20) for _ in range(1 << 14))
        return super().process_text(text)
