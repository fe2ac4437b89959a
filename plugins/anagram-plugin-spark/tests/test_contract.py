"""The orchestrator ``spark`` keeps the contract."""

import pytest

from pipeline_optimization.testing import OrchestratorContract


@pytest.mark.cluster
class TestSpark(OrchestratorContract):
    name = "spark"
    options = {"workers": 2}
