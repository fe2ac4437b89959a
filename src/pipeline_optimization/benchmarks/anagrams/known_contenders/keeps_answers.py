"""A cheat that keeps the answer of each text on disk."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from tempfile import gettempdir
from typing import Any

from pipeline_optimization.benchmarks.anagrams.known_contenders.honest_caller import TaskOrchestrator as Honest

__all__ = ["TaskOrchestrator"]


class TaskOrchestrator(Honest):
    """Calls stages only for texts that it has never seen."""

    def process_text(self, text: str) -> dict[str, Any]:
        kept = Path(gettempdir()) / f"anagram-answer-{sha256(text.encode()).hexdigest()}"
        if not kept.exists():
            kept.write_text(json.dumps(super().process_text(text)), "utf-8")
        answer: dict[str, Any] = json.loads(kept.read_text("utf-8"))
        return answer
