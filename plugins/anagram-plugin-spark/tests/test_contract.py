"""The orchestrator ``spark`` keeps the contract."""

import pytest

from pipeline_optimization.testing import OrchestratorContract


@pytest.mark.cluster
class TestSpark(OrchestratorContract):
    name = "spark"
    options = {"workers": 2}
    known_failures = {
        "a_death_is_told": "a wave whose job died is run again, attempt by attempt; only one that ends its own job is lost"
    }
