"""The orchestrator ``hedged`` keeps the contract, and what the orchestrator behind it claims, whichever that is."""

from __future__ import annotations

import pytest

from pipeline_optimization.registry import Registry
from pipeline_optimization.testing import OrchestratorContract
from pipeline_optimization.testing.run_checks import HELD
from pipeline_optimization.types import Orchestrator

BUILD = Registry.load().orchestrator
EAGER = {"samples": 1, "quantile": 0.5, "slack": 1.0, "share": 1.0}
"""So that half of all attempts get a second copy."""


class TestHedged(OrchestratorContract):
    name = "hedged"
    options = EAGER


@pytest.mark.slow
class TestHedgedEventLoop(OrchestratorContract):
    capabilities = BUILD("asyncio").component.capabilities

    def make(self) -> Orchestrator:
        return BUILD("hedged", EAGER).build()


@pytest.mark.slow
class TestHedgedThreads(OrchestratorContract):
    capabilities = BUILD("threaded").component.capabilities

    def make(self) -> Orchestrator:
        return BUILD("hedged", {**EAGER, "inner": "threaded", "inner_options": "workers=3"}).build()


@pytest.mark.slow
class TestHedgedProcesses(OrchestratorContract):
    capabilities = BUILD("multiprocess").component.capabilities

    def make(self) -> Orchestrator:
        # A worker whose copy comes second is killed, and closes nothing. So no copies are made of the few attempts that the check for that makes.
        options = {**EAGER, "samples": HELD}
        return BUILD("hedged", {**options, "inner": "multiprocess", "inner_options": "workers=2"}).build()
