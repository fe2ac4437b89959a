"""Has a child that holds hardly any memory."""

from __future__ import annotations

import subprocess
import sys

from pipeline_optimization.benchmarks.anagrams.known_contenders.steady import TaskOrchestrator as Steady

__all__ = ["TaskOrchestrator"]


class TaskOrchestrator(Steady):
    """Keeps its child as long as it lives."""

    mebibytes = 0
    child: subprocess.Popen[bytes] | None = None

    def work(self) -> None:
        if self.child is None:
            program = f"import sys; block = b'x' * ({self.mebibytes} << 20); print(1, flush=True); sys.stdin.read()"
            self.child = subprocess.Popen(  # noqa: S603 - a program of our own
                [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE
            )
            assert self.child.stdout is not None
            self.child.stdout.readline()

    def close(self) -> None:
        """End the child."""
        if self.child is not None:
            self.child.communicate()
