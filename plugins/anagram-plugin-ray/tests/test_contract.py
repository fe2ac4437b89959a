"""The orchestrator ``ray`` keeps the contract."""

import threading
from collections.abc import Iterator

import pytest

from clusters.kept import kept_cluster
from clusters.own_clusters import START_AND_END_CHECKS
from pipeline_optimization import count_anagrams
from pipeline_optimization.testing import OrchestratorContract


@pytest.mark.cluster
class TestRay(OrchestratorContract):
    """In the cluster that a program has already."""

    name = "ray"
    options = {"workers": 2}

    @pytest.fixture(autouse=True, scope="class")
    @classmethod
    def cluster(cls) -> Iterator[None]:
        with kept_cluster(cls.name):
            yield


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
