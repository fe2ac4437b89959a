"""Attempts as calls of Ray actors, one at a time each."""

from __future__ import annotations

import os
import signal
import tempfile
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # before the import, which reads it

import ray
from ray.exceptions import RayActorError, RayError

from anagram_plugin_ray import RayOptions
from anagram_plugin_ray.actor import RayWorker
from pipeline_optimization.engine.handshake import Handshake
from pipeline_optimization.errors import ClusterError, WorkerStartError
from pipeline_optimization.processors import processors
from pipeline_optimization.types import Attempt, Completion, OpenContext

__all__ = ["RayOrchestrator"]

PATIENCE = 60.0
"""Seconds in which a first worker must be there."""

STOP_PATIENCE = 5.0
"""Seconds that idle workers have to close what they hold."""

FORCED_PATIENCE = 1.0
"""The same when a run is given up."""

MAX_START_DEATHS = 5
OBJECT_STORE = 100 << 20
"""Bytes of shared memory of a local cluster, where results of more than 100 KB pass."""


class RayOrchestrator:
    """Runs attempts on a cluster that runs already (``address``), or on one of its own."""

    def __init__(self, options: RayOptions) -> None:
        self._options = options
        self.slots = options.workers or processors()
        self._workers: list[RayWorker] = []
        self._waiting: deque[Attempt] = deque()
        self._start_deaths = 0
        self._resources = ExitStack()

    def open(self, context: OpenContext) -> None:
        handshake = Handshake.of(context)
        self._start_deaths = 0
        try:
            with context.interruptible():
                self._prepare(handshake)
        except BaseException:
            self.close(force=True)
            raise

    def _prepare(self, handshake: Handshake) -> None:
        if not ray.is_initialized():  # else the program has a cluster already, which is used and left to it
            self._connect()
        self.slots = self._options.workers or int(ray.cluster_resources().get("CPU", 0)) or 1
        self._handshake = ray.put(handshake)
        self._workers = [self._new_worker() for _ in range(self.slots)]
        self._await_first()

    def _connect(self) -> None:
        address = self._options.address
        scratch = tempfile.TemporaryDirectory(prefix="anagram-ray-", ignore_cleanup_errors=True)
        local = {
            "_temp_dir": self._resources.enter_context(scratch),
            "_node_ip_address": "127.0.0.1",
            "include_dashboard": False,
            "num_cpus": self.slots,
            "object_store_memory": OBJECT_STORE,
        }
        self._resources.callback(ray.shutdown)
        try:
            with _own_sigterm():
                ray.init(log_to_driver=False, configure_logging=False, **({"address": address} if address else local))
        except (OSError, RuntimeError, ValueError, RayError) as error:
            raise ClusterError(
                f"No Ray cluster answers at {address!r}: {error}. Start one with 'ray start --head', or leave the "
                "option 'address' out for a cluster on this machine."
            ) from error

    def _await_first(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while not any(worker.is_ready for worker in self._workers):
            if time.monotonic() > deadline:
                raise ClusterError(
                    f"No Ray worker was ready within {PATIENCE:g} seconds. Each takes one CPU"
                    f"{f' and {self._options.memory} MiB' if self._options.memory else ''}, and the cluster has "
                    f"{ray.available_resources()} left. Set the option 'workers' lower, or free some."
                )
            self.poll(1.0)

    def _new_worker(self) -> RayWorker:
        return RayWorker(self._handshake, self._options.memory)

    def submit(self, attempt: Attempt) -> None:
        self._waiting.append(attempt)
        self._hand_out()

    def _hand_out(self) -> None:
        for worker in self._workers:
            if self._waiting and worker.owed is None:
                worker.begin(self._waiting.popleft())

    def poll(self, timeout: float) -> Sequence[Completion]:
        by_owed = {worker.owed: worker for worker in self._workers if worker.owed is not None}
        if not by_owed:
            time.sleep(timeout)
            return []
        ray.wait(list(by_owed), num_returns=1, timeout=timeout)
        arrived, _ = ray.wait(list(by_owed), num_returns=len(by_owed), timeout=0)
        completions = [done for owed in arrived if (done := self._receive(by_owed[owed])) is not None]
        self._hand_out()
        return completions

    def _receive(self, worker: RayWorker) -> Completion | None:
        """Take what an actor has answered, and return a completion if that was an attempt."""
        try:
            answered = ray.get(worker.owed)
        except RayActorError as error:
            return self._replace(worker, str(error).partition("\n")[0])
        except RayError as error:
            raise ClusterError(
                f"A Ray worker cannot run our code: {error}. anagram-plugin-ray must be installed on every machine."
            ) from error
        attempt, worker.attempt, worker.owed = worker.attempt, None, None
        if attempt is not None:
            name, payload = answered
            return Completion(id=attempt.id, status="done", payload=payload, worker=name)
        if answered:
            raise ClusterError(answered)
        worker.is_ready = True
        return None

    def _replace(self, worker: RayWorker, detail: str) -> Completion | None:
        """Put a new actor in the place of a dead one, and return the loss of the attempt that the dead one had, if any."""
        self._start_deaths = 0 if worker.is_ready else self._start_deaths + 1
        if self._start_deaths >= MAX_START_DEATHS:
            raise WorkerStartError(f"{MAX_START_DEATHS} Ray workers died before they were ready ({detail}).")
        self._workers[self._workers.index(worker)] = self._new_worker()
        return None if worker.attempt is None else Completion(id=worker.attempt.id, status="lost", detail=detail)

    def cancel(self, attempt_id: int) -> bool:
        self._waiting = deque(attempt for attempt in self._waiting if attempt.id != attempt_id)
        for worker in self._workers:
            if worker.attempt is not None and worker.attempt.id == attempt_id:
                worker.end()
                self._replace(worker, "")
        return True

    def close(self, *, force: bool) -> None:
        self._waiting.clear()
        workers, self._workers = self._workers, []
        # Busy actors are killed without closing anything. A dead actor answers with an error, so nobody waits for it.
        closing = [worker.ask_to_close() for worker in workers if worker.is_ready and worker.owed is None]
        if closing:
            ray.wait(closing, num_returns=len(closing), timeout=FORCED_PATIENCE if force else STOP_PATIENCE)
        for worker in workers:
            worker.end()
        self._resources.close()


@contextmanager
def _own_sigterm() -> Iterator[None]:
    """Keep the program's handler of SIGTERM, which Ray would replace."""
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
