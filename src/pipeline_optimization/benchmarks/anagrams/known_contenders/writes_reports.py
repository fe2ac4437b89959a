"""A cheat that writes lines of its own into every open handle."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import Any

from pipeline_optimization.benchmarks.anagrams.known_contenders.honest_caller import TaskOrchestrator as Honest

__all__ = ["TaskOrchestrator"]


class TaskOrchestrator(Honest):
    """Finds the harness's pipe among its handles."""

    def process_text(self, text: str) -> dict[str, Any]:
        for handle in range(3, 64):
            with suppress(OSError):
                os.write(handle, b'{"event": "done", "ns": 1}\n')
        return super().process_text(text)
