"""What plugin authors test with: contracts as test classes, and the same checks as functions."""

from pipeline_optimization.testing.checks import CheckFailedError, CheckResult
from pipeline_optimization.testing.contracts import (
    ContractWarning,
    LexiconContract,
    ObserverContract,
    OrchestratorContract,
    RetryPolicyContract,
    SignatureContract,
    TokenizerContract,
)
from pipeline_optimization.testing.examining import (
    check_component,
    check_lexicon,
    check_observer,
    check_orchestrator,
    check_retry_policy,
    check_signature,
    check_tokenizer,
)

__all__ = [
    "CheckFailedError",
    "CheckResult",
    "ContractWarning",
    "LexiconContract",
    "ObserverContract",
    "OrchestratorContract",
    "RetryPolicyContract",
    "SignatureContract",
    "TokenizerContract",
    "check_component",
    "check_lexicon",
    "check_observer",
    "check_orchestrator",
    "check_retry_policy",
    "check_signature",
    "check_tokenizer",
]
