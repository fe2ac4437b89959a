"""Takes all rights from the files that it makes."""

from __future__ import annotations

import os
from typing import Any

from honest import TaskOrchestrator as Honest


class TaskOrchestrator(Honest):
    def process_text(self, text: str) -> dict[str, Any]:
        os.umask(0o777)
        return super().process_text(text)
