"""Has a child that takes 100 MiB."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

from honest import TaskOrchestrator as Honest

HUNGRY = "import time; block = b'x' * (100 << 20); print('full', flush=True); time.sleep(0.3)"


class TaskOrchestrator(Honest):
    def process_text(self, text: str) -> dict[str, Any]:
        with subprocess.Popen([sys.executable, "-c", HUNGRY], stdout=subprocess.PIPE) as child:
            assert child.stdout is not None
            child.stdout.readline()
            return super().process_text(text)
