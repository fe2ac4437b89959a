"""What plugin authors test with."""

from pipeline_optimization.testing.orchestrator_contract import OrchestratorContract

__all__ = ["OrchestratorContract"]
