"""The contracts as functions, without pytest: each returns what came of every check."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from pipeline_optimization.registry import Kind, Registry
from pipeline_optimization.testing.attempt_checks import ATTEMPT_CHECKS
from pipeline_optimization.testing.checks import Check, CheckResult, Examination
from pipeline_optimization.testing.component_checks import REGISTRATION_CHECKS
from pipeline_optimization.testing.lexicon_checks import LEXICON_CHECKS
from pipeline_optimization.testing.observer_checks import OBSERVER_CHECKS
from pipeline_optimization.testing.retry_policy_checks import RETRY_POLICY_CHECKS
from pipeline_optimization.testing.run_checks import RUN_CHECKS
from pipeline_optimization.testing.signature_checks import SIGNATURE_CHECKS
from pipeline_optimization.testing.subject import Subject
from pipeline_optimization.testing.tokenizer_checks import TOKENIZER_CHECKS
from pipeline_optimization.types import Capabilities, Lexicon, Orchestrator, RetryPolicy, Signature, Tokenizer
from pipeline_optimization.types.components import ANAGRAM

__all__ = [
    "CHECKS",
    "OBSERVER_KIND",
    "ExaminedKind",
    "check_component",
    "check_lexicon",
    "check_observer",
    "check_orchestrator",
    "check_retry_policy",
    "check_signature",
    "check_tokenizer",
]

ExaminedKind = Kind | Literal["observer"]
OBSERVER_KIND: Literal["observer"] = "observer"

CHECKS: Mapping[ExaminedKind, Sequence[Check[Any]]] = {
    "orchestrator": (*REGISTRATION_CHECKS, *ATTEMPT_CHECKS, *RUN_CHECKS),
    "tokenizer": TOKENIZER_CHECKS,
    "signature": SIGNATURE_CHECKS,
    "retry_policy": RETRY_POLICY_CHECKS,
    "lexicon": LEXICON_CHECKS,
    "observer": OBSERVER_CHECKS,
}
"""Every check, by kind, in the order in which they are best read."""

NONE_KNOWN: Mapping[str, str] = {}


def check_component(
    registry: Registry, kind: Kind, label: str, options: Mapping[str, object] | None = None
) -> list[CheckResult]:
    """Check a registered component, as users name it. Raises UsageError and PluginError where it cannot be had."""
    return Examination(Subject.named(registry, kind, label, options or {}), CHECKS[kind]).results()


def check_orchestrator(
    factory: Callable[[], Orchestrator],
    *,
    capabilities: Capabilities | None = None,
    known_failures: Mapping[str, str] = NONE_KNOWN,
) -> list[CheckResult]:
    """Check what a factory builds, against what it claims to be."""
    subject = Subject(make=factory, capabilities=capabilities or Capabilities())
    return Examination(subject, CHECKS["orchestrator"], known_failures).results()


def check_tokenizer(
    factory: Callable[[], Tokenizer], *, known_failures: Mapping[str, str] = NONE_KNOWN
) -> list[CheckResult]:
    """Check what a factory builds."""
    return Examination(Subject(make=factory), TOKENIZER_CHECKS, known_failures).results()


def check_signature(
    factory: Callable[[], Signature], *, relation: str = ANAGRAM, known_failures: Mapping[str, str] = NONE_KNOWN
) -> list[CheckResult]:
    """Check what a factory builds, against the relation that it stands for."""
    return Examination(Subject(make=factory, relation=relation), SIGNATURE_CHECKS, known_failures).results()


def check_retry_policy(
    factory: Callable[[], RetryPolicy], *, known_failures: Mapping[str, str] = NONE_KNOWN
) -> list[CheckResult]:
    """Check what a factory builds."""
    return Examination(Subject(make=factory), RETRY_POLICY_CHECKS, known_failures).results()


def check_lexicon(
    factory: Callable[[], Lexicon], *, known_failures: Mapping[str, str] = NONE_KNOWN
) -> list[CheckResult]:
    """Check what a factory builds."""
    return Examination(Subject(make=factory), LEXICON_CHECKS, known_failures).results()


def check_observer(
    factory: Callable[[], object], *, known_failures: Mapping[str, str] = NONE_KNOWN
) -> list[CheckResult]:
    """Check the plugin that a factory returns: an object or a module with observer hooks."""
    return Examination(Subject(make=factory), OBSERVER_CHECKS, known_failures).results()
