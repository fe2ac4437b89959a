"""An actor that runs attempts, and the driver's handle on it."""

from __future__ import annotations

import ray

from pipeline_optimization.engine.handshake import Handshake, worker_name
from pipeline_optimization.errors import ClusterError
from pipeline_optimization.types import Attempt

__all__ = ["Seat"]


class Runner:
    """What lives in a worker process: one attempt at a time, so that a death is the death of exactly one."""

    def prepare(self, handshake: Handshake) -> str:
        """Get to know the run; return what keeps this process from it, or nothing."""
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


class Seat:
    """One actor, without Ray's retries: the engine does that job. ``news`` is what it owes us, None when it idles."""

    def __init__(self, handshake: ray.ObjectRef, memory: int) -> None:
        resources = {"memory": memory << 20} if memory else {}
        actor_class = ray.remote(Runner)
        self._actor = actor_class.options(num_cpus=1, max_restarts=0, max_task_retries=0, **resources).remote()
        self.attempt: Attempt | None = None
        self.is_ready = False
        self.news: ray.ObjectRef | None = self._actor.prepare.remote(handshake)

    def begin(self, attempt: Attempt) -> None:
        self.attempt, self.news = attempt, self._actor.run.remote(attempt.payload)

    def ask_to_close(self) -> ray.ObjectRef:
        """Have the idle actor close its worker, and return what comes when it has."""
        return self._actor.close.remote()

    def end(self) -> None:
        """Kill the actor, whatever it does."""
        ray.kill(self._actor, no_restart=True)
