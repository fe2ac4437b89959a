"""The orchestrator ``ray`` keeps the contract."""

import threading

import pytest

from kept_clusters import KeptClusterContract
from own_cluster_checks import START_AND_END_CHECKS
from pipeline_optimization import count_anagrams
from pipeline_optimization.testing import OrchestratorContract


@pytest.mark.cluster
class TestRay(KeptClusterContract):
    """In the cluster that a program has already."""

    name = "ray"


@pytest.mark.cluster
class TestRayOfItsOwn(OrchestratorContract):
    """In a cluster for each run."""

    name = "ray"
    options = {"workers": 2}
    checks = START_AND_END_CHECKS

    known_failures = dict.fromkeys(
        ("nothing_is_left_behind", "forced_close", "interruption"),
        "Ray itself leaves two sockets open each time it ends",
    )

    def test_no_thread_is_left_behind(self) -> None:
        """After a run there are as many threads as before it."""
        count_anagrams("cat", orchestrator="ray", orchestrator_options=self.options)
        before = threading.active_count()
        count_anagrams("cat dog", orchestrator="ray", orchestrator_options=self.options, chunk_size=4)
        assert threading.active_count() == before
