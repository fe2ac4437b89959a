"""Attempts as tasks of Spark jobs. A job costs many times what a task costs, so many attempts share a job: a wave."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from functools import partial
from queue import SimpleQueue

from pyspark import SparkContext

from anagram_plugin_spark import SparkOptions
from anagram_plugin_spark.partition import close_worker, refusals, run_partition
from anagram_plugin_spark.session import open_context
from pipeline_optimization.engine.handshake import Handshake
from pipeline_optimization.engine.inbox import Inbox
from pipeline_optimization.errors import ClusterError
from pipeline_optimization.processors import processors
from pipeline_optimization.types import Attempt, Completion, OpenContext

__all__ = ["SparkOrchestrator"]

ATTEMPTS_PER_CORE = 4
"""How many attempts a wave has for each core."""

PATIENCE = 120.0
"""Seconds in which a cluster must give a first worker."""

LOOK = 0.1
"""Seconds between two looks for it, since Spark does not tell when it comes."""

WAVES = 2
"""Waves under way at once. The later one gets the cores that the earlier one does not need any more."""

Wave = Sequence[Attempt]


class SparkOrchestrator:
    """Runs attempts on a cluster that runs already (``address``), or in processes of a JVM of its own, bound to loopback."""

    def __init__(self, options: SparkOptions) -> None:
        self._options = options
        self._cores = options.workers or processors()
        self._resources: ExitStack | None = None
        self._waiting: deque[Attempt] = deque()
        self._running = 0

    @property
    def slots(self) -> int:
        return self._cores * ATTEMPTS_PER_CORE

    def open(self, context: OpenContext) -> None:
        self._inbox, self._waves, self._finished = Inbox(), SimpleQueue[Wave | None](), SimpleQueue[None]()
        self._running = 0
        handshake = Handshake.of(context)
        with ExitStack() as resources, context.interruptible():  # a second signal waits until all is closed
            self._spark = resources.enter_context(open_context(self._options, self._cores))
            self._await_first()
            if self._options.address and not self._options.workers:
                self._cores = max(1, self._spark.defaultParallelism)
            self._sent = self._spark.broadcast(handshake)
            self._prepare()
            self._threads = [threading.Thread(target=self._serve, daemon=True) for _ in range(WAVES)]
            for thread in self._threads:
                thread.start()
            self._resources = resources.pop_all()

    def _await_first(self) -> None:
        """Wait for a first worker. A job without any worker would wait for ever, and Ctrl-C would not end it."""
        deadline = time.monotonic() + PATIENCE
        has_workers = self._spark.master.startswith("local")
        while not has_workers:
            time.sleep(LOOK)
            # The driver is one of them.
            has_workers = self._spark._jsc.sc().getExecutorMemoryStatus().size() > 1  # noqa: SLF001 - the only way to ask
            if not has_workers and time.monotonic() > deadline:
                raise ClusterError(
                    f"The Spark cluster at {self._spark.master!r} gave no worker within {PATIENCE:g} seconds. It has none "
                    "left, or they do not reach this machine at the address that SPARK_LOCAL_IP names."
                )

    def _prepare(self) -> None:
        """Make a worker ready on each core. Raises ClusterError if one does not fit, or cannot load our code."""
        numbers = self._spark.parallelize(range(self._cores), self._cores)
        try:
            found = numbers.mapPartitions(partial(refusals, self._sent)).collect()
        except Exception as error:  # py4j's and Spark's errors have no base of their own
            raise ClusterError(
                f"Spark's workers cannot be prepared: {_cause(error)}. anagram-plugin-spark must be installed for the "
                "Python that they run (PYSPARK_PYTHON)."
            ) from error
        if found:
            raise ClusterError(found[0])

    def submit(self, attempt: Attempt) -> None:
        self._waiting.append(attempt)

    def poll(self, timeout: float) -> Sequence[Completion]:
        while not self._finished.empty():
            self._finished.get()
            self._running -= 1
        # Here and not in submit(): when the engine polls, it has submitted all that it can, so that waves are full.
        while self._waiting and self._running < WAVES:
            size = min(len(self._waiting), self.slots)
            self._waves.put([self._waiting.popleft() for _ in range(size)])
            self._running += 1
        return self._inbox.take(timeout)

    def _serve(self) -> None:
        while (wave := self._waves.get()) is not None:
            try:
                self._run(wave)
            except ClusterError as error:
                self._inbox.put(error)
            finally:
                self._finished.put(None)

    def _run(self, wave: Wave) -> None:
        """Run a wave as one job. If a worker dies, the job ends, and each of its attempts is run again in a job of its own.

        An attempt whose own job dies is lost. So no attempt is blamed for the death that another one caused.
        """
        try:
            pairs = self._spark.parallelize(
                [(attempt.id, attempt.payload) for attempt in wave], min(self._cores, len(wave))
            )
            for done in pairs.mapPartitions(partial(run_partition, self._sent)).collect():
                self._inbox.put(Completion(id=done.id, status="done", payload=done.payload, worker=done.worker))
        except Exception as error:  # as above
            if self._resources is None:
                return  # close() has ended it
            if SparkContext._active_spark_context is None:  # noqa: SLF001 - there is no public way to ask
                raise ClusterError(f"The Spark context has ended in the middle of a run: {_cause(error)}.") from error
            if len(wave) == 1:
                self._inbox.put(Completion(id=wave[0].id, status="lost", detail=_cause(error)))
                return
            for attempt in wave:
                self._run([attempt])

    def cancel(self, attempt_id: int) -> bool:
        """Take back an attempt that waits. An attempt whose wave runs may still answer."""
        before = len(self._waiting)
        self._waiting = deque(attempt for attempt in self._waiting if attempt.id != attempt_id)
        return len(self._waiting) < before

    def close(self, *, force: bool) -> None:
        resources, self._resources = self._resources, None
        if resources is None:
            return
        self._waiting.clear()
        with resources:
            if force:
                self._spark.cancelAllJobs()
            for _ in self._threads:
                self._waves.put(None)
            for thread in self._threads:
                thread.join()
            if not force:
                self._close_workers()

    def _close_workers(self) -> None:
        """Let each Python process close its worker. At the end Spark kills these processes without telling them."""
        # The tasks of a barrier all run at once, each in a process of its own. A host that was lost has no cores any more.
        cores = min(self._cores, max(1, self._spark.defaultParallelism))
        everywhere = self._spark.parallelize(range(cores), cores).barrier()
        with suppress(Exception):  # the cluster may have no room for all at once now; the run is done all the same
            everywhere.mapPartitions(partial(close_worker, self._sent)).collect()


def _cause(error: Exception) -> str:
    """Return the line of Spark's error that says what happened, without its pages of stack traces."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    telling = [line for line in lines if "most recent failure" in line or line.startswith("ModuleNotFoundError")]
    return (telling or lines or [type(error).__name__])[-1].rpartition("Exception: ")[2][:300].rstrip(".")
