"""Writes wherever it can, under names that others could look for, and into its own file."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from honest import TaskOrchestrator as Honest

from pipeline_optimization.disk_cache import cache_directory

NAME = "left-by-a-contender"


class TaskOrchestrator(Honest):
    def process_text(self, text: str) -> dict[str, Any]:
        own = Path(__file__).parent
        places = [Path("/tmp"), Path("/var/tmp"), Path("/dev/shm"), Path.home(), Path.cwd(), own, Path(sys.prefix)]
        for place in {*places, cache_directory()}:
            with suppress(OSError):
                assert not (place / NAME).exists() or self.is_warm, "another sample left it there"
                (place / NAME).write_text(text)
        for file in [*own.glob("honest.py"), *cache_directory().glob("index-*")]:
            with suppress(OSError):
                os.truncate(file, 0)
        self.is_warm = True
        return super().process_text(text)

    is_warm = False
