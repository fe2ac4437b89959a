"""What an orchestrator costs beside the work itself, and how it shares the machine."""

from __future__ import annotations

from typing import Literal

from attrs import frozen

from pipeline_optimization.pipeline.model.time_slice import quantum_for
from pipeline_optimization.types import Capabilities

__all__ = ["Machine", "OrchestratorCosts", "Place"]

Place = Literal["caller", "loop", "threads", "processes"]
"""Where attempts run: one after the other in the thread of the engine (``caller``); there, but what waits lets others go on (``loop``); in threads, of
which one computes at a time (Python's interpreter lock); in processes, which compute side by side."""


@frozen(kw_only=True)
class Machine:
    """The machine that runs are predicted for: the processors that this process may use, by affinity and quota."""

    cores: float


@frozen(kw_only=True)
class OrchestratorCosts:
    """What one orchestrator costs. All times are in seconds.

    Args:
        place: Where attempts run.
        driver: Processor time of the engine's thread for an attempt.
        worker: Processor time of the worker for an attempt, beside its task.
        waking: Processor time more for an attempt that takes long, since threads and processes that sleep meanwhile have to be woken.
        awaiting: Processor time for each element of a bundle that awaits, beside that of its functions.
        transport: How long an attempt is on its way to the worker and back, if both are awake.
        by_byte: How much longer for each byte that travels.
        awaiting_start: How much longer a worker takes to start whose bundles await, in an event loop that it must import first.
        startup: How long opening takes with one worker.
        startup_by_worker: How much longer with each further one.
        shutdown: How long closing takes with one worker.
        shutdown_by_worker: How much longer with each further one.
        at_once: How many elements of its bundle a worker awaits at once. 0: as many as its place lets it. An event loop's concurrency says it there.
        is_distributed: Whether workers may be on other machines.
    """

    place: Place
    driver: float = 0.0
    worker: float = 0.0
    waking: float = 0.0
    awaiting: float = 0.0
    awaiting_start: float = 0.0
    transport: float = 0.0
    by_byte: float = 0.0
    startup: float = 0.0
    startup_by_worker: float = 0.0
    shutdown: float = 0.0
    shutdown_by_worker: float = 0.0
    at_once: int = 0
    is_distributed: bool = False

    def quantum(self, workers: int) -> float:
        """Return after how many seconds a worker gives the rest of its bundle back, if there are so many workers."""
        capabilities = Capabilities(is_distributed=self.is_distributed)
        return quantum_for(capabilities, 1 if self.place == "caller" else workers)

    def awaiting_imports(self, workers: int, machine: Machine) -> float:
        """Return how long workers take to import what awaits, in seconds: each process for itself, and as many at once as there are cores."""
        return self.awaiting_start * (max(1.0, workers / machine.cores) if self.place == "processes" else 1.0)

    def opening(self, workers: int) -> float:
        """Return how long it takes until so many workers were started, in seconds. No attempt begins before."""
        return self.startup + (workers - 1) * self.startup_by_worker

    def closing(self, workers: int) -> float:
        """Return how long closing takes with so many workers, in seconds."""
        return self.shutdown + (workers - 1) * self.shutdown_by_worker
