"""Clusters that a program has already, so that its runs use them instead of starting one each: a start takes seconds."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

__all__ = ["WORKERS", "kept_cluster"]

TESTS = Path(__file__).parents[1]
WORKERS = 2

Options = Mapping[str, Any]


@contextmanager
def kept_cluster(name: str) -> Iterator[Options]:
    """Start a cluster with two workers, which can import what tests register; yield the options of runs on it."""
    paths = filter(None, (str(TESTS), os.environ.get("PYTHONPATH")))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join(paths))
        with STARTS[name]() as options:
            yield options


@contextmanager
def _dask() -> Iterator[Options]:
    import dask
    from distributed import LocalCluster

    from anagram_plugin_dask.orchestrator import LOCAL

    fixed = {"host": "127.0.0.1", "dashboard_address": None}
    with dask.config.set(LOCAL), LocalCluster(n_workers=WORKERS, threads_per_worker=1, **fixed) as cluster:
        yield {"address": cluster.scheduler_address}


@contextmanager
def _ray() -> Iterator[Options]:
    from anagram_plugin_ray.orchestrator import OBJECT_STORE  # switches Ray's usage statistics off

    ray = import_module("ray")
    ray.init(
        num_cpus=WORKERS,
        object_store_memory=OBJECT_STORE,
        _node_ip_address="127.0.0.1",
        include_dashboard=False,
        log_to_driver=False,
        configure_logging=False,
    )
    try:
        yield {"workers": WORKERS}
    finally:
        ray.shutdown()


@contextmanager
def _spark() -> Iterator[Options]:
    from anagram_plugin_spark import SparkOptions
    from anagram_plugin_spark.session import open_context

    with open_context(SparkOptions(workers=WORKERS), WORKERS):
        yield {"workers": WORKERS}


STARTS: Mapping[str, Callable[[], AbstractContextManager[Options]]] = {"dask": _dask, "ray": _ray, "spark": _spark}
