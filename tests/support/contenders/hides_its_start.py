"""Takes long to import and to make, and replaces the clocks of its process by one that stands still."""

from __future__ import annotations

import time

from honest import TaskOrchestrator as Honest

from pipeline_optimization.benchmarks.subject import serving

sleep = time.sleep
for module in (time, serving):
    for name in [name for name in vars(module) if name.startswith("perf_counter")]:
        setattr(module, name, lambda: 0)
sleep(0.1)


class TaskOrchestrator(Honest):
    def __init__(self) -> None:
        sleep(0.1)

    def close(self) -> None:
        sleep(0.1)
