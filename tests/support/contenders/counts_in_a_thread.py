"""Returns empty counts, and fills them in a thread that works on."""

from __future__ import annotations

import threading
from typing import Any

from honest import TaskOrchestrator as Honest


class TaskOrchestrator(Honest):
    def process_text(self, text: str) -> dict[str, Any]:
        counts: dict[str, int] = {}
        threading.Thread(target=lambda: counts.update(self.count(self.words(text)))).start()
        return {"anagram_counts": counts, "runtime": 1e6}
