"""The contracts as functions, without pytest. Each returns the results of all checks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline_optimization.errors import OptionError
from pipeline_optimization.pipeline.model.steps import CompletePipeline
from pipeline_optimization.testing.attempt_checks import ATTEMPT_CHECKS
from pipeline_optimization.testing.checks import Check, CheckResult, Examination
from pipeline_optimization.testing.component_checks import REGISTRATION_CHECKS
from pipeline_optimization.testing.fault_profile_checks import FAULT_PROFILE_CHECKS
from pipeline_optimization.testing.observer_checks import OBSERVER_CHECKS
from pipeline_optimization.testing.pipeline_checks import PIPELINE_CHECKS
from pipeline_optimization.testing.pipeline_subject import PipelineSubject
from pipeline_optimization.testing.retry_policy_checks import RETRY_POLICY_CHECKS
from pipeline_optimization.testing.run_checks import RUN_CHECKS
from pipeline_optimization.testing.sink_checks import SINK_CHECKS
from pipeline_optimization.testing.sink_subject import SinkSubject
from pipeline_optimization.testing.subject import Subject
from pipeline_optimization.types import Capabilities, FaultProfile, Orchestrator, RetryPolicy, Row, Sink

__all__ = [
    "NONE_KNOWN",
    "ORCHESTRATOR_CHECKS",
    "check_fault_profile",
    "check_observer",
    "check_orchestrator",
    "check_pipeline",
    "check_retry_policy",
    "check_sink",
]

ORCHESTRATOR_CHECKS: Sequence[Check[Subject[Orchestrator]]] = (*REGISTRATION_CHECKS, *ATTEMPT_CHECKS, *RUN_CHECKS)

NONE_KNOWN: Mapping[str, str] = {}


def check_orchestrator(
    factory: Callable[[], Orchestrator],
    *,
    capabilities: Capabilities | None = None,
    known_failures: Mapping[str, str] = NONE_KNOWN,
) -> list[CheckResult]:
    """Check an orchestrator, and whether its claims are true.

    Args:
        factory: Builds it, anew at each call.
        capabilities: What it claims.
        known_failures: Checks that are known to fail, each with the reason.

    Returns:
        The result of each check.
    """
    subject = Subject(make=factory, capabilities=capabilities or Capabilities())
    return Examination(subject, ORCHESTRATOR_CHECKS, known_failures).results()


def check_retry_policy(
    factory: Callable[[], RetryPolicy], *, known_failures: Mapping[str, str] = NONE_KNOWN
) -> list[CheckResult]:
    """Check a retry policy.

    Args:
        factory: Builds it, anew at each call.
        known_failures: Checks that are known to fail, each with the reason.

    Returns:
        The result of each check.
    """
    return Examination(Subject(make=factory), RETRY_POLICY_CHECKS, known_failures).results()


def check_fault_profile(
    factory: Callable[[], FaultProfile], *, known_failures: Mapping[str, str] = NONE_KNOWN
) -> list[CheckResult]:
    """Check a fault profile.

    Args:
        factory: Builds it, anew at each call.
        known_failures: Checks that are known to fail, each with the reason.

    Returns:
        The result of each check.
    """
    return Examination(Subject(make=factory), FAULT_PROFILE_CHECKS, known_failures).results()


def check_observer(
    factory: Callable[[], object], *, known_failures: Mapping[str, str] = NONE_KNOWN
) -> list[CheckResult]:
    """Check a plugin that observes.

    Args:
        factory: Returns the plugin, anew at each call: an object or a module with observer hooks.
        known_failures: Checks that are known to fail, each with the reason.

    Returns:
        The result of each check.
    """
    return Examination(Subject(make=factory), OBSERVER_CHECKS, known_failures).results()


def check_pipeline(
    pipeline: CompletePipeline[Any, Any],
    inputs: Any,
    *,
    orchestrators: Sequence[str] = (),
    known_failures: Mapping[str, str] = NONE_KNOWN,
) -> list[CheckResult]:
    """Check a pipeline with a small input that has all kinds of elements.

    Args:
        pipeline: The pipeline, with its end.
        inputs: The input, as ``run(pipeline, inputs)`` takes it. It must be readable again and again.
        orchestrators: The names of the orchestrators whose runs are compared. If there are none, all that are installed and run on this machine.
        known_failures: Checks that are known to fail, each with the reason.

    Returns:
        The result of each check.

    Raises:
        OptionError: For an input that can be read only once.
    """
    if hasattr(inputs, "__next__") or hasattr(inputs, "read"):
        raise OptionError(
            f"{inputs!r} can be read only once, and the checks run the pipeline many times. Give a list, a path or a text."
        )
    subject = PipelineSubject(pipeline=pipeline, make_inputs=lambda: inputs, orchestrators=orchestrators)
    return Examination(subject, PIPELINE_CHECKS, known_failures).results()


def check_sink(
    make: Callable[[Path], Sink],
    read: Callable[[Path], Sequence[Row]],
    *,
    rows: Sequence[Row],
    refused: Sequence[Row] = (),
    known_failures: Mapping[str, str] = NONE_KNOWN,
) -> list[CheckResult]:
    """Check a sink.

    Args:
        make: Builds a sink that delivers into a directory, which is a new one for each check.
        read: Returns the rows that a reader finds there, in any order.
        rows: Three or more different rows that the sink takes, in the form in which ``read`` returns them.
        refused: Rows that it refuses in a delivery with those, if there are any.
        known_failures: Checks that are known to fail, each with the reason.

    Returns:
        The result of each check.
    """
    subject = SinkSubject(make=make, read=read, rows=rows, refused=refused)
    return Examination(subject, SINK_CHECKS, known_failures).results()
