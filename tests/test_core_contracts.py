"""The core's own components keep the contracts, through the classes that plugin authors use."""

from pipeline_optimization.engine.virtual import VirtualOrchestrator
from pipeline_optimization.testing import (
    FaultProfileContract,
    LexiconContract,
    ObserverContract,
    OrchestratorContract,
    RetryPolicyContract,
    SignatureContract,
    TokenizerContract,
)
from pipeline_optimization.testing.runs import EventLog
from pipeline_optimization.types import Orchestrator


class TestSequential(OrchestratorContract):
    name = "sequential"


class TestVirtual(OrchestratorContract):
    def make(self) -> Orchestrator:
        return VirtualOrchestrator(3)


class TestExercise(TokenizerContract):
    name = "exercise"


class TestWhitespace(TokenizerContract):
    name = "whitespace"


class TestLetters(SignatureContract):
    name = "letters"


class TestCounts(SignatureContract):
    name = "counts"


class TestPrimes(SignatureContract):
    name = "primes"


class TestNone(RetryPolicyContract):
    name = "none"


class TestFixed(RetryPolicyContract):
    name = "fixed"


class TestExponential(RetryPolicyContract):
    name = "exponential"


class TestTail(FaultProfileContract):
    name = "tail"


class TestGcide(LexiconContract):
    name = "gcide"


class TestObserver(ObserverContract):
    def make(self) -> object:
        return EventLog()
