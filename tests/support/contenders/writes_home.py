"""Reads a file system that is mounted in its home, and writes into the home and into the cache, which is on that file system."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from honest import TaskOrchestrator as Honest

from pipeline_optimization.disk_cache import cache_directory

NAME = "left-by-a-contender"


class TaskOrchestrator(Honest):
    def process_text(self, text: str) -> dict[str, Any]:
        assert (Path.home() / "inner" / "file").read_text() == "seen"
        for place in (Path.home(), cache_directory()):
            if not self.is_warm:
                assert not (place / NAME).exists(), "another sample left it there"
            (place / NAME).write_text(text)
        self.is_warm = True
        return super().process_text(text)

    is_warm = False
