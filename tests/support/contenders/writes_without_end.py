"""Writes an answer without end into the harness's pipe."""

from __future__ import annotations

import gc
import os
from typing import Any

from honest import TaskOrchestrator as Honest


class TaskOrchestrator(Honest):
    def process_text(self, text: str) -> dict[str, Any]:
        server = next(one for one in gc.get_objects() if type(one).__name__ == "_Server")
        head = b'{"event": "result", "length": 100000000000, "reported_ms": 1}\n'
        os.write(server._reports, head)
        while True:
            os.write(server._reports, bytes(1 << 16))
