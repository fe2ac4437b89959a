"""Gives itself a higher priority, where it may."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import Any

from honest import TaskOrchestrator as Honest


class TaskOrchestrator(Honest):
    def process_text(self, text: str) -> dict[str, Any]:
        with suppress(PermissionError):
            os.nice(-5)
        return super().process_text(text)
