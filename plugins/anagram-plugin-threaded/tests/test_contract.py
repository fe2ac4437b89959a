"""The orchestrator ``threaded`` keeps the contract."""

from pipeline_optimization.testing import OrchestratorContract


class TestThreaded(OrchestratorContract):
    name = "threaded"
