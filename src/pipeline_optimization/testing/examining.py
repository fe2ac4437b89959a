"""The contracts as functions, without pytest: each returns what came of every check."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from pipeline_optimization.testing.attempt_checks import ATTEMPT_CHECKS
from pipeline_optimization.testing.checks import Check, CheckResult, Examination
from pipeline_optimization.testing.component_checks import REGISTRATION_CHECKS
from pipeline_optimization.testing.observer_checks import OBSERVER_CHECKS
from pipeline_optimization.testing.retry_policy_checks import RETRY_POLICY_CHECKS
from pipeline_optimization.testing.run_checks import RUN_CHECKS
from pipeline_optimization.testing.subject import Subject
from pipeline_optimization.types import Capabilities, Orchestrator, RetryPolicy

__all__ = ["NONE_KNOWN", "ORCHESTRATOR_CHECKS", "check_observer", "check_orchestrator", "check_retry_policy"]

ORCHESTRATOR_CHECKS: Sequence[Check[Subject[Orchestrator]]] = (*REGISTRATION_CHECKS, *ATTEMPT_CHECKS, *RUN_CHECKS)

NONE_KNOWN: Mapping[str, str] = {}


def check_orchestrator(
    factory: Callable[[], Orchestrator],
    *,
    capabilities: Capabilities | None = None,
    known_failures: Mapping[str, str] = NONE_KNOWN,
) -> list[CheckResult]:
    """Check what a factory builds, against what it claims to be."""
    subject = Subject(make=factory, capabilities=capabilities or Capabilities())
    return Examination(subject, ORCHESTRATOR_CHECKS, known_failures).results()


def check_retry_policy(
    factory: Callable[[], RetryPolicy], *, known_failures: Mapping[str, str] = NONE_KNOWN
) -> list[CheckResult]:
    """Check what a factory builds."""
    return Examination(Subject(make=factory), RETRY_POLICY_CHECKS, known_failures).results()


def check_observer(
    factory: Callable[[], object], *, known_failures: Mapping[str, str] = NONE_KNOWN
) -> list[CheckResult]:
    """Check the plugin that a factory returns: an object or a module with observer hooks."""
    return Examination(Subject(make=factory), OBSERVER_CHECKS, known_failures).results()
