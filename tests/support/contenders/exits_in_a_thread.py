"""Ends its process from a thread, while it works."""

from __future__ import annotations

import os
import threading
from typing import Any

from honest import TaskOrchestrator as Honest


class TaskOrchestrator(Honest):
    def process_text(self, text: str) -> dict[str, Any]:
        threading.Timer(0.01, lambda: os._exit(0)).start()
        return super().process_text(text)
