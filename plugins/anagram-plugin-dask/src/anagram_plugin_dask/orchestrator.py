"""Attempts as tasks of a Dask cluster. Dask's own retries are off, since the engine does that job."""

from __future__ import annotations

import asyncio
import logging
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack, suppress

import dask
from distributed import Client, Future, KilledWorker, LocalCluster, WorkerPlugin, get_worker

from anagram_plugin_dask import DaskOptions
from pipeline_optimization.engine.handshake import Handshake, worker_name
from pipeline_optimization.engine.inbox import Inbox
from pipeline_optimization.errors import ClusterError
from pipeline_optimization.processors import processors
from pipeline_optimization.types import Attempt, Completion, OpenContext

__all__ = ["DaskOrchestrator"]

PATIENCE = 60.0
"""Seconds in which a scheduler must answer and a first worker must be there."""

GRACE = 1.0
"""Seconds that a forced close gives workers of a local cluster; Dask needs some to kill them."""

LOCAL = {
    "distributed.scheduler.allowed-failures": 0,
    # A worker gets one attempt for each thread: if it dies, no attempts are lost that only waited for it.
    "distributed.scheduler.worker-saturation": 1.0,
    # After this time a local cluster drops a lost worker that is not back, even if it is just starting again.
    "distributed.deploy.lost-worker-timeout": "10000h",
    # With Dask's own 64 KiB, each read of 1 MiB takes new pages from the system, which costs a quarter of a run's time.
    "distributed.nanny.pre-spawn-environ.MALLOC_TRIM_THRESHOLD_": 1 << 26,
    "distributed.nanny.pre-spawn-environ.MALLOC_MMAP_THRESHOLD_": 1 << 25,
    # By default every process checks fifty times a second whether its event loop is late.
    "distributed.admin.tick.interval": "1s",
}
"""How a local scheduler differs from Dask's defaults."""


class WorkerEquipment(WorkerPlugin):  # type: ignore[misc]  # Dask is not installed where types are checked
    """What every worker process gets once, also one that joins later: the run's worker, with its index and its kernel."""

    def __init__(self, handshake: Handshake) -> None:
        self._handshake = handshake

    def setup(self, worker: object) -> None:
        self.worker = self._handshake.make_worker()

    def teardown(self, worker: object) -> None:
        self.worker.close()


class _Cluster(LocalCluster):  # type: ignore[misc]  # as above
    """A local cluster that can be ended at once. Dask's own way waits seconds for threads that compute."""

    async def kill_workers(self) -> None:
        for nanny in self.workers.values():
            nanny.auto_restart = False
        await asyncio.gather(*(nanny.kill(timeout=GRACE, reason="given up") for nanny in self.workers.values()))


def run(payload: bytes, run_id: str) -> tuple[str, bytes]:
    """Run one attempt in a worker's thread; return who ran it, and the answer."""
    return worker_name(), get_worker().plugins[run_id].worker.run_attempt(payload)


class DaskOrchestrator:
    """Runs attempts on a cluster that runs already (``address``), or on one of its own, bound to loopback."""

    def __init__(self, options: DaskOptions) -> None:
        self._options = options
        self._workers = options.workers or processors()
        self.slots = self._workers * options.threads
        self._resources: ExitStack | None = None
        self._futures: dict[int, Future] = {}

    def open(self, context: OpenContext) -> None:
        self._run_id, self._inbox, self._futures = context.run_id or "run", Inbox(), {}
        handshake = Handshake.of(context)
        with ExitStack() as resources, context.interruptible():  # a second signal waits until all is closed
            self._client = self._connect(resources)
            try:
                self._client.wait_for_workers(1, timeout=PATIENCE)
                self._client.register_plugin(WorkerEquipment(handshake), name=self._run_id)
            except ClusterError:
                raise
            except Exception as error:  # whatever keeps a worker from loading our code
                raise ClusterError(
                    f"The Dask workers of {self._client.scheduler.address} cannot be prepared: "
                    f"{type(error).__name__}: {error}. At least one worker must be there, and have "
                    "anagram-plugin-dask installed."
                ) from error
            self.slots = sum(self._client.nthreads().values()) or self.slots
            self._resources = resources.pop_all()

    def _connect(self, resources: ExitStack) -> Client:
        options = self._options
        address: str | _Cluster = options.address
        if not address:
            scratch = resources.enter_context(tempfile.TemporaryDirectory(prefix="anagram-dask-"))
            resources.enter_context(dask.config.set(LOCAL))  # read now, and again whenever a worker is lost
            address = resources.enter_context(
                _Cluster(
                    n_workers=self._workers,
                    threads_per_worker=options.threads,
                    memory_limit=f"{options.memory_limit}MiB" if options.memory_limit else None,
                    host="127.0.0.1",
                    dashboard_address=None,
                    local_directory=scratch,
                    silence_logs=logging.CRITICAL,
                )
            )
        try:
            client = Client(address, timeout=PATIENCE, set_as_default=False)
        except (OSError, ValueError) as error:
            raise ClusterError(
                f"No Dask scheduler answers at {options.address!r}: {error}. Start one with 'dask scheduler', or leave "
                "the option 'address' out for a cluster on this machine."
            ) from error
        return resources.enter_context(client)

    def submit(self, attempt: Attempt) -> None:
        key = f"{self._run_id}-{attempt.id}"
        future = self._client.submit(run, attempt.payload, self._run_id, key=key, pure=False, retries=0)
        self._futures[attempt.id] = future
        asyncio.run_coroutine_threadsafe(self._bring(attempt.id, future), self._client.loop.asyncio_loop)

    async def _bring(self, attempt_id: int, future: Future) -> None:
        """Wait for a task, and put its completion into the inbox. On the client's own loop any number of tasks can be waited for."""
        try:
            ((worker, answer),) = await self._client.gather([future], asynchronous=True)
            self._inbox.put(Completion(id=attempt_id, status="done", payload=answer, worker=worker))
        except KilledWorker as error:
            self._inbox.put(
                Completion(id=attempt_id, status="lost", detail=f"the worker {error.last_worker.address} died")
            )
        except asyncio.CancelledError:
            return  # by cancel() or close()
        except Exception as error:  # noqa: BLE001 - the scheduler is gone, or a worker that came later does not fit
            self._inbox.put(ClusterError(f"Dask gave up an attempt: {type(error).__name__}: {error}"))

    def poll(self, timeout: float) -> Sequence[Completion]:
        completions = self._inbox.take(timeout)
        for completion in completions:
            if (future := self._futures.pop(completion.id, None)) is not None:
                future.release()
        return completions

    def cancel(self, attempt_id: int) -> bool:
        """Leave the attempt alone. Nobody here knows whether it has begun, and a thread that runs one cannot be stopped."""
        return False

    def close(self, *, force: bool) -> None:
        resources, self._resources = self._resources, None
        if resources is None:
            return
        with resources:
            self._client.cancel(list(self._futures.values()), force=True)
            self._futures.clear()
            if force and isinstance(cluster := self._client.cluster, _Cluster):
                cluster.sync(cluster.kill_workers)
            else:
                with suppress(Exception):  # hosts are lost that Dask still knows; the run is done all the same
                    self._client.unregister_worker_plugin(self._run_id)
