"""What runs in Spark's Python workers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

from attrs import frozen
from pyspark import Broadcast

from pipeline_optimization.engine.handshake import Handshake, worker_name
from pipeline_optimization.engine.worker import Worker
from pipeline_optimization.errors import ClusterError

__all__ = ["Answered", "close_worker", "refusals", "run_partition"]


@frozen
class Answered:
    """What became of an attempt in a worker."""

    id: int
    worker: str
    payload: bytes


@lru_cache(maxsize=1)
def worker_of(handshake: Handshake) -> Worker:
    """Return this process's worker for a run. Spark keeps the process and its broadcast object between tasks."""
    return handshake.make_worker()


def refusals(sent: Broadcast[Handshake], numbers: Iterable[int]) -> Iterator[str]:
    """Make a worker ready. If it cannot take part in the run, yield why."""
    try:
        worker_of(sent.value)
    except ClusterError as error:
        yield str(error)


def run_partition(sent: Broadcast[Handshake], attempts: Iterable[tuple[int, bytes]]) -> Iterator[Answered]:
    """Run a partition's attempts."""
    worker = worker_of(sent.value)
    for number, payload in attempts:
        yield Answered(number, worker_name(), worker.run_attempt(payload))


def close_worker(sent: Broadcast[Handshake], numbers: Iterable[int]) -> Iterator[int]:
    """Close this process's worker, and yield nothing."""
    worker_of(sent.value).close()
    worker_of.cache_clear()
    return iter(())
