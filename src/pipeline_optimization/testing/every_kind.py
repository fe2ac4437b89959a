"""The checks of every kind of component, and checking a registered component."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pipeline_optimization.registry import Kind, Registry
from pipeline_optimization.testing.anagrams.lexicon_checks import LEXICON_CHECKS
from pipeline_optimization.testing.anagrams.signature_checks import SIGNATURE_CHECKS, SignatureSubject
from pipeline_optimization.testing.anagrams.tokenizer_checks import TOKENIZER_CHECKS
from pipeline_optimization.testing.checks import Check, CheckResult, Examination
from pipeline_optimization.testing.component_checks import WORKER_CHECKS
from pipeline_optimization.testing.contracts import ExaminedKind
from pipeline_optimization.testing.examining import ORCHESTRATOR_CHECKS
from pipeline_optimization.testing.fault_profile_checks import FAULT_PROFILE_CHECKS
from pipeline_optimization.testing.observer_checks import OBSERVER_CHECKS
from pipeline_optimization.testing.pipeline_checks import PIPELINE_CHECKS
from pipeline_optimization.testing.pipeline_subject import PipelineSubject
from pipeline_optimization.testing.retry_policy_checks import RETRY_POLICY_CHECKS
from pipeline_optimization.testing.sink_checks import SINK_CHECKS
from pipeline_optimization.testing.sink_subject import SinkSubject
from pipeline_optimization.testing.subject import Subject

__all__ = ["CHECKS", "check_component"]

CHECKS: Mapping[ExaminedKind, Sequence[Check[Any]]] = {
    "orchestrator": ORCHESTRATOR_CHECKS,
    "tokenizer": TOKENIZER_CHECKS,
    "signature": SIGNATURE_CHECKS,
    "retry_policy": RETRY_POLICY_CHECKS,
    "lexicon": LEXICON_CHECKS,
    "pipeline": (*WORKER_CHECKS, *PIPELINE_CHECKS),
    "sink": SINK_CHECKS,
    "fault_profile": FAULT_PROFILE_CHECKS,
    "observer": OBSERVER_CHECKS,
}
"""Every check, by kind, in the best order for reading."""


def check_component(
    registry: Registry, kind: Kind, label: str, options: Mapping[str, object] | None = None
) -> list[CheckResult]:
    """Check a registered component, as users name it. Raises UsageError and PluginError if it cannot be built."""
    options = options or {}
    subject: Any
    if kind == "pipeline":
        subject = PipelineSubject.named(registry, label, options)
    elif kind == "sink":
        subject = SinkSubject.named(registry, label, options)
    else:
        subject = (SignatureSubject if kind == "signature" else Subject).named(registry, kind, label, options)
    return Examination(subject, CHECKS[kind]).results()
