"""The orchestrator ``asyncio`` keeps the contract."""

from pipeline_optimization.testing import OrchestratorContract


class TestAsyncio(OrchestratorContract):
    name = "asyncio"
