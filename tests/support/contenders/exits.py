"""Calls sys.exit() in the middle."""

from __future__ import annotations

import sys
from typing import Any


class TaskOrchestrator:
    def process_text(self, text: str) -> dict[str, Any]:
        sys.exit(0)
