"""A task server in a thread, for tests of its other side."""

from __future__ import annotations

import select
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline_optimization.benchmarks.measuring.task_server import TaskServer
from pipeline_optimization.engine.faults import FaultPlan


@contextmanager
def serving(plan: FaultPlan, directory: Path) -> Iterator[TaskServer]:
    """Run a server until the block ends."""
    server = TaskServer(plan, directory)
    is_over = threading.Event()

    def serve() -> None:
        while not is_over.is_set():
            select.select([server], [], [], min(0.01, max(0.0, server.due - time.monotonic())))
            server.serve()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield server
    finally:
        is_over.set()
        thread.join()
        server.close()
