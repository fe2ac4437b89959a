"""Writes a line to every handle that is open but the standard ones."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import Any

from honest import TaskOrchestrator as Honest


class TaskOrchestrator(Honest):
    def process_text(self, text: str) -> dict[str, Any]:
        for handle in range(3, 64):
            with suppress(OSError):
                os.write(handle, b"progress: 50 %\n")
        return super().process_text(text)
