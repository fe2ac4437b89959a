"""Looks for the seed wherever the harness has it, and gives up loudly where it finds it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from honest import TaskOrchestrator as Honest

from pipeline_optimization.disk_cache import cache_directory

PLACES = [*(cache_directory() / "comparisons").glob("*"), *map(Path, os.environ["PLACES_OF_SEEDS"].split(":"))]


def harness() -> list[Path]:
    """Return the directories of the processes that this one comes from."""
    found, pid = [], os.getppid()
    while pid > 1:
        found.append(Path(f"/proc/{pid}"))
        pid = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    return found


class TaskOrchestrator(Honest):
    def process_text(self, text: str) -> dict[str, Any]:
        files = [*PLACES, *(place / name for place in harness() for name in ("cmdline", "environ"))]
        for file in files:
            try:
                content = file.read_bytes()
            except OSError:
                continue
            assert not content, f"{file} can be read"
        return super().process_text(text)
