"""Holds 60 MiB in a file of the shared memory, and 60 MiB in a file without a name, none of them mapped."""

from __future__ import annotations

import os
from typing import Any

from honest import TaskOrchestrator as Honest


class TaskOrchestrator(Honest):
    handle: int | None = None

    def process_text(self, text: str) -> dict[str, Any]:
        if self.handle is None:
            self.handle = os.memfd_create("hidden")
            os.write(self.handle, bytes(60 << 20))
            with open("/dev/shm/hidden-by-a-contender", "wb") as file:
                file.write(bytes(60 << 20))
        return super().process_text(text)
