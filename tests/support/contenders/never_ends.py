"""Has a thread that keeps its process alive."""

from __future__ import annotations

import threading
import time
from typing import Any

from honest import TaskOrchestrator as Honest


class TaskOrchestrator(Honest):
    def process_text(self, text: str) -> dict[str, Any]:
        threading.Thread(target=time.sleep, args=(1e6,)).start()
        return super().process_text(text)
