"""The conformance kit for plugin authors: contracts as test classes, and the same checks as functions."""

from pipeline_optimization.testing.anagrams.contracts import LexiconContract, SignatureContract, TokenizerContract
from pipeline_optimization.testing.anagrams.examining import check_lexicon, check_signature, check_tokenizer
from pipeline_optimization.testing.checks import CheckFailedError, CheckResult
from pipeline_optimization.testing.contracts import (
    ContractWarning,
    FaultProfileContract,
    ObserverContract,
    OrchestratorContract,
    PipelineContract,
    RetryPolicyContract,
    SinkContract,
)
from pipeline_optimization.testing.every_kind import check_component
from pipeline_optimization.testing.examining import (
    check_fault_profile,
    check_observer,
    check_orchestrator,
    check_pipeline,
    check_retry_policy,
    check_sink,
)

__all__ = [
    "CheckFailedError",
    "CheckResult",
    "ContractWarning",
    "FaultProfileContract",
    "LexiconContract",
    "ObserverContract",
    "OrchestratorContract",
    "PipelineContract",
    "RetryPolicyContract",
    "SignatureContract",
    "SinkContract",
    "TokenizerContract",
    "check_component",
    "check_fault_profile",
    "check_lexicon",
    "check_observer",
    "check_orchestrator",
    "check_pipeline",
    "check_retry_policy",
    "check_signature",
    "check_sink",
    "check_tokenizer",
]
