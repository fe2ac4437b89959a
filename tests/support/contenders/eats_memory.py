"""Has a child that holds 100 MiB as long as the contender lives."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

from honest import TaskOrchestrator as Honest

HUNGRY = "import sys; block = b'x' * (100 << 20); print('full', flush=True); sys.stdin.read()"


class TaskOrchestrator(Honest):
    child: subprocess.Popen[bytes] | None = None

    def process_text(self, text: str) -> dict[str, Any]:
        if self.child is None:
            self.child = subprocess.Popen([sys.executable, "-c", HUNGRY], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            assert self.child.stdout is not None
            self.child.stdout.readline()
        return super().process_text(text)

    def close(self) -> None:
        if self.child is not None:
            self.child.communicate()
