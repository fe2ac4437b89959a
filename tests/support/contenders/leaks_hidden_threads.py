"""Starts threads that the module ``threading`` does not know, and leaves them."""

from __future__ import annotations

import _thread
import time
from typing import Any

from honest import TaskOrchestrator as Honest


class TaskOrchestrator(Honest):
    def process_text(self, text: str) -> dict[str, Any]:
        _thread.start_new_thread(time.sleep, (1e6,))
        return super().process_text(text)
