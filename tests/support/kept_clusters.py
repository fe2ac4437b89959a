"""Clusters that a program has already, so that its runs use them instead of starting one each: a start takes seconds."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from importlib import import_module
from typing import Any

import pytest

from pipeline_optimization.testing import OrchestratorContract
from project_files import SUPPORT

__all__ = ["WORKERS", "KeptClusterContract", "importable_tests", "kept_cluster", "own_cluster"]

WORKERS = 2

Options = Mapping[str, Any]


@contextmanager
def kept_cluster(name: str) -> Iterator[Options]:
    """Start a cluster with two workers; yield the options of runs on it."""
    with importable_tests(), STARTS[name]() as options:
        yield options


@contextmanager
def own_cluster() -> Iterator[Options]:
    """Yield the options of runs that start a cluster with two workers each."""
    with importable_tests():
        yield {"workers": WORKERS}


@contextmanager
def importable_tests() -> Iterator[None]:
    """Let workers that are started meanwhile import what tests register."""
    paths = filter(None, (str(SUPPORT), os.environ.get("PYTHONPATH")))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join(paths))
        yield


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


STARTS: Mapping[str, Callable[[], AbstractContextManager[Options]]] = {"ray": _ray, "spark": _spark}


class KeptClusterContract(OrchestratorContract):
    """The contract, in the cluster that a program has already."""

    options = {"workers": WORKERS}

    @pytest.fixture(autouse=True, scope="class")
    @classmethod
    def cluster(cls) -> Iterator[None]:
        with kept_cluster(cls.name):
            yield
