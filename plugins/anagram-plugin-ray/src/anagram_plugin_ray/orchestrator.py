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
from anagram_plugin_ray.seat import Seat
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
    """Runs attempts on a cluster that is there (``address``), or on one of its own."""

    def __init__(self, options: RayOptions) -> None:
        self._options = options
        self.slots = options.workers or processors()
        self._seats: list[Seat] = []
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
        if not ray.is_initialized():  # else the program has a cluster already, and keeps it
            self._connect()
        self.slots = self._options.workers or int(ray.cluster_resources().get("CPU", 0)) or 1
        self._handshake = ray.put(handshake)
        self._seats = [self._new_seat() for _ in range(self.slots)]
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
        while not any(seat.is_ready for seat in self._seats):
            if time.monotonic() > deadline:
                raise ClusterError(
                    f"No Ray worker was ready within {PATIENCE:g} seconds. Each takes one CPU"
                    f"{f' and {self._options.memory} MiB' if self._options.memory else ''}, and the cluster has "
                    f"{ray.available_resources()} left. Set the option 'workers' lower, or free some."
                )
            self.poll(1.0)

    def _new_seat(self) -> Seat:
        return Seat(self._handshake, self._options.memory)

    def submit(self, attempt: Attempt) -> None:
        self._waiting.append(attempt)
        self._hand_out()

    def _hand_out(self) -> None:
        for seat in self._seats:
            if self._waiting and seat.news is None:
                seat.begin(self._waiting.popleft())

    def poll(self, timeout: float) -> Sequence[Completion]:
        by_news = {seat.news: seat for seat in self._seats if seat.news is not None}
        if not by_news:
            time.sleep(timeout)
            return []
        ray.wait(list(by_news), num_returns=1, timeout=timeout)
        arrived, _ = ray.wait(list(by_news), num_returns=len(by_news), timeout=0)
        completions = [done for news in arrived if (done := self._receive(by_news[news])) is not None]
        self._hand_out()
        return completions

    def _receive(self, seat: Seat) -> Completion | None:
        """Take what an actor owed us, and return a completion if it was an attempt."""
        try:
            news = ray.get(seat.news)
        except RayActorError as error:
            return self._replace(seat, str(error).partition("\n")[0])
        except RayError as error:
            raise ClusterError(
                f"A Ray worker cannot run our code: {error}. anagram-plugin-ray must be installed on every machine."
            ) from error
        attempt, seat.attempt, seat.news = seat.attempt, None, None
        if attempt is not None:
            worker, answer = news
            return Completion(id=attempt.id, status="done", payload=answer, worker=worker)
        if news:
            raise ClusterError(news)
        seat.is_ready = True
        return None

    def _replace(self, seat: Seat, detail: str) -> Completion | None:
        """Let a new actor take a dead one's place, and report the attempt that died with it."""
        self._start_deaths = 0 if seat.is_ready else self._start_deaths + 1
        if self._start_deaths >= MAX_START_DEATHS:
            raise WorkerStartError(f"{MAX_START_DEATHS} Ray workers died before they were ready ({detail}).")
        self._seats[self._seats.index(seat)] = self._new_seat()
        return None if seat.attempt is None else Completion(id=seat.attempt.id, status="lost", detail=detail)

    def cancel(self, attempt_id: int) -> bool:
        self._waiting = deque(attempt for attempt in self._waiting if attempt.id != attempt_id)
        for seat in self._seats:
            if seat.attempt is not None and seat.attempt.id == attempt_id:
                seat.end()
                self._replace(seat, "")
        return True

    def close(self, *, force: bool) -> None:
        self._waiting.clear()
        seats, self._seats = self._seats, []
        # Busy ones are killed, and close nothing; a dead one's answer is an error, which is an answer, too.
        closing = [seat.ask_to_close() for seat in seats if seat.is_ready and seat.news is None]
        if closing:
            ray.wait(closing, num_returns=len(closing), timeout=FORCED_PATIENCE if force else STOP_PATIENCE)
        for seat in seats:
            seat.end()
        self._resources.close()


@contextmanager
def _own_sigterm() -> Iterator[None]:
    """Keep the program's handler of SIGTERM, which Ray would replace."""
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
