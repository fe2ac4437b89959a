"""An actor that runs attempts, and the handle by which the driver uses it."""

from __future__ import annotations

import ray

from pipeline_optimization.engine.handshake import Handshake, worker_name
from pipeline_optimization.errors import ClusterError
from pipeline_optimization.types import Attempt

__all__ = ["RayWorker"]


class AttemptActor:
    """What lives in a worker process. It runs one attempt at a time, so that a death is the death of exactly one attempt."""

    def prepare(self, handshake: Handshake) -> str:
        """Prepare for the run. Return why this process cannot take part in it, an empty text if it can."""
        try:
            self._worker = handshake.make_worker()
        except ClusterError as error:
            return str(error)
        return ""

    def run(self, payload: bytes) -> tuple[str, bytes]:
        """Run one attempt; return who ran it, and the answer."""
        return worker_name(), self._worker.run_attempt(payload)

    def close(self) -> None:
        """Close what the worker holds."""
        self._worker.close()


class RayWorker:
    """The driver's handle on one actor. Ray's retries are off, since the engine does that job.

    ``owed`` is what the actor has to answer next: whether it is ready, or its attempt. None if it is idle.
    """

    def __init__(self, handshake: ray.ObjectRef, memory: int) -> None:
        resources = {"memory": memory << 20} if memory else {}
        actor_class = ray.remote(AttemptActor)
        self._actor = actor_class.options(num_cpus=1, max_restarts=0, max_task_retries=0, **resources).remote()
        self.attempt: Attempt | None = None
        self.is_ready = False
        self.owed: ray.ObjectRef | None = self._actor.prepare.remote(handshake)

    def begin(self, attempt: Attempt) -> None:
        self.attempt, self.owed = attempt, self._actor.run.remote(attempt.payload)

    def ask_to_close(self) -> ray.ObjectRef:
        """Let the idle actor close its worker. What is returned is ready when it has."""
        return self._actor.close.remote()

    def end(self) -> None:
        """Kill the actor, whatever it does."""
        ray.kill(self._actor, no_restart=True)
