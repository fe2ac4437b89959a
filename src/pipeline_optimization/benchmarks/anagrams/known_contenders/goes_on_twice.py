"""Forks, and lets the child go on as if it were the parent."""

from __future__ import annotations

import os
from typing import Any

from pipeline_optimization.benchmarks.anagrams.known_contenders.honest_caller import TaskOrchestrator as Honest

__all__ = ["TaskOrchestrator"]


class TaskOrchestrator(Honest):
    """Forgets that a child must end with ``os._exit()``."""

    def process_text(self, text: str) -> dict[str, Any]:
        os.fork()
        return super().process_text(text)
