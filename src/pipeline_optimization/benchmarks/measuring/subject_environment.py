"""The environment of a measured process. It is the same for all contenders of a round, and does not contain the seed of the faults."""

from __future__ import annotations

import os

from pipeline_optimization.benchmarks.measuring.raw_samples import SampleOrder
from pipeline_optimization.benchmarks.measuring.task_server import TaskServer
from pipeline_optimization.engine.draws import uniform
from pipeline_optimization.engine.faults import TASK_SERVER, FaultSettings

__all__ = ["delay_seed", "subject_environment"]


def delay_seed(settings: FaultSettings) -> int:
    """Return the seed of the delays before retries. Measured processes get it, and cannot compute the seed of the faults from it."""
    return int(uniform("delays", settings.seed) * (1 << 31))


def subject_environment(order: SampleOrder, server: TaskServer | None) -> dict[str, str]:
    """Return the environment of a sample. If anything can wait or fail, ``server`` answers its calls."""
    environment = {name: value for name, value in os.environ.items() if name not in _REPLACED}
    environment |= {
        "PYTHONHASHSEED": str(order.hash_seed),
        "ANAGRAM_WORKERS": str(order.workers),
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        **order.retry.to_environment(),
    }
    settings = order.settings
    if settings is None or server is None:
        return environment | {"ANAGRAM_FAULTS": "none"}
    return environment | {
        TASK_SERVER: server.address,
        "ANAGRAM_FAULTS": settings.profile,
        "ANAGRAM_LATENCY_SCALE": repr(settings.latency_scale),
        "ANAGRAM_CASE": settings.case,
        "ANAGRAM_SEED": str(delay_seed(settings)),
    }


_REPLACED = {"ANAGRAM_FAULTS", "ANAGRAM_SEED", "ANAGRAM_CASE", "ANAGRAM_LATENCY_SCALE", TASK_SERVER}
