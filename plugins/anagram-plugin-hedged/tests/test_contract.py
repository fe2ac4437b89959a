"""The orchestrator ``hedged`` keeps the contract, whatever it stands before."""

from pipeline_optimization.testing import OrchestratorContract


class TestHedged(OrchestratorContract):
    name = "hedged"
    options = {"samples": 1, "share": 1.0}


class TestHedgedThreads(OrchestratorContract):
    name = "hedged"
    options = {"inner": "threaded", "inner_options": "workers=3", "samples": 1, "quantile": 0.5, "share": 1.0}


class TestHedgedProcesses(OrchestratorContract):
    name = "hedged"
    options = {"inner": "multiprocess", "inner_options": "workers=2", "samples": 1, "quantile": 0.5, "share": 1.0}
