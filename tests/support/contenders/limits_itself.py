"""Lets its process open nothing and write no file any more."""

from __future__ import annotations

import resource
from typing import Any

from honest import TaskOrchestrator as Honest


class TaskOrchestrator(Honest):
    def process_text(self, text: str) -> dict[str, Any]:
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (0, hard))
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
        return super().process_text(text)
