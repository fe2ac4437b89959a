"""The orchestrator ``dask`` keeps the contract."""

import pytest

from pipeline_optimization.testing import OrchestratorContract


@pytest.mark.cluster
class TestDask(OrchestratorContract):
    name = "dask"
    options = {"workers": 2}
