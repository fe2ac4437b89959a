"""Stops its process, as Ctrl-Z does."""

from __future__ import annotations

import os
import signal
from typing import Any

from honest import TaskOrchestrator as Honest


class TaskOrchestrator(Honest):
    def process_text(self, text: str) -> dict[str, Any]:
        os.kill(os.getpid(), signal.SIGSTOP)
        return super().process_text(text)
