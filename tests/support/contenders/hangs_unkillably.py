"""Ignores every polite request to end, and so do its children."""

from __future__ import annotations

import os
import signal
import time
from typing import Any


class TaskOrchestrator:
    def process_text(self, text: str) -> dict[str, Any]:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        if os.fork() == 0:
            os.setsid()
        time.sleep(1e6)
        return {}
