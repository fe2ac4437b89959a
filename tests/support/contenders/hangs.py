"""Does not end."""

from __future__ import annotations

import time
from typing import Any


class TaskOrchestrator:
    def process_text(self, text: str) -> dict[str, Any]:
        time.sleep(1e6)
        return {}
