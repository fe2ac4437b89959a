"""The orchestrator ``ray`` keeps the contract."""

import threading

import pytest

from pipeline_optimization.testing import OrchestratorContract


@pytest.mark.cluster
class TestRay(OrchestratorContract):
    name = "ray"
    options = {"workers": 2}

    def test_nothing_is_left_behind(self) -> None:
        """After a run there are as many threads as before it. Ray itself leaves two sockets open each time it ends."""
        self.count("cat")
        before = threading.active_count()
        self.count("cat dog", chunk_size=4)
        assert threading.active_count() == before
