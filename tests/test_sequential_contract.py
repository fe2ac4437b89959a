"""The orchestrators of the core keep the contract."""

from pipeline_optimization.engine.virtual import VirtualOrchestrator
from pipeline_optimization.testing import OrchestratorContract
from pipeline_optimization.types import Orchestrator


class TestSequential(OrchestratorContract):
    name = "sequential"
    runs_in_poll = True


class TestVirtual(OrchestratorContract):
    name = "virtual"

    def make(self) -> Orchestrator:
        return VirtualOrchestrator(3)
