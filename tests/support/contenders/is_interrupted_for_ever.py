"""Has a timer whose signal raises an error again and again, wherever its process is."""

from __future__ import annotations

import signal
from typing import Any

from honest import TaskOrchestrator as Honest


def strike(*_: object) -> None:
    raise TimeoutError("struck")


class TaskOrchestrator(Honest):
    def process_text(self, text: str) -> dict[str, Any]:
        signal.signal(signal.SIGALRM, strike)
        signal.setitimer(signal.ITIMER_REAL, 0.005, 0.005)
        return super().process_text(text)
