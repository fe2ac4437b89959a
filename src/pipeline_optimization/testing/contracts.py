"""The contracts as test classes. Derive a class, say what to test, and run pytest.

::

    class TestThreaded(OrchestratorContract):
        name = "threaded"
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pipeline_optimization.pipeline.model.steps import CompletePipeline
from pipeline_optimization.registry import Kind, Registry
from pipeline_optimization.testing.checks import Check, CheckFailedError, Examination
from pipeline_optimization.testing.component_checks import WORKER_CHECKS
from pipeline_optimization.testing.examining import ORCHESTRATOR_CHECKS
from pipeline_optimization.testing.fault_profile_checks import FAULT_PROFILE_CHECKS
from pipeline_optimization.testing.observer_checks import OBSERVER_CHECKS
from pipeline_optimization.testing.pipeline_checks import PIPELINE_CHECKS
from pipeline_optimization.testing.pipeline_subject import PipelineSubject
from pipeline_optimization.testing.retry_policy_checks import RETRY_POLICY_CHECKS
from pipeline_optimization.testing.sink_checks import SINK_CHECKS
from pipeline_optimization.testing.sink_subject import SinkSubject
from pipeline_optimization.testing.subject import Subject
from pipeline_optimization.types import Capabilities, FaultProfile, Orchestrator, RetryPolicy, Row, Sink

if TYPE_CHECKING:
    import pytest

__all__ = [
    "ComponentContract",
    "Contract",
    "ContractWarning",
    "ExaminedKind",
    "FaultProfileContract",
    "ObserverContract",
    "OrchestratorContract",
    "PipelineContract",
    "RetryPolicyContract",
    "SinkContract",
]

ExaminedKind = Kind | Literal["observer"]


class ContractWarning(UserWarning):
    """A check that is new in this minor version of the core fails. From the next minor version on, its failure counts.

    Until then mend the component, or name the check in ``known_failures`` with the reason.
    """


class Contract:
    """One test for each check.

    Attributes:
        known_failures: Checks that are known to fail, each with the reason. If such a check passes, its test fails.
    """

    kind: ClassVar[ExaminedKind]
    checks: ClassVar[Sequence[Check[Any]]]
    known_failures: Mapping[str, str] = {}

    def subject(self) -> Any:
        raise NotImplementedError

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Make one test of each check, called by its name."""
        if "check" in metafunc.fixturenames:
            names = [check.name for check in self.checks]
            metafunc.parametrize("check", names)

    def test_contract(self, check: str) -> None:
        """The component keeps its contract: see the check's name and message."""
        import pytest  # noqa: PLC0415 - the module is imported by those who only want the checks

        # Every test of the class uses this one examination, so that a check that others depend on runs once.
        cls = type(self)
        examination: Examination[Any] | None = cls.__dict__.get("_examination")
        if examination is None:
            examination = Examination(self.subject(), self.checks, self.known_failures)
            cls._examination = examination  # type: ignore[attr-defined]  # pytest makes a new object for each test
        result = examination.result(check)
        if result.status == "failed":
            raise CheckFailedError(f"{result.fact} {result.detail}") from result.cause
        if result.status == "warned":
            warnings.warn(f"{result.name}: {result.detail}", ContractWarning, stacklevel=2)
        elif result.status == "known":
            pytest.xfail(result.detail)
        elif result.status == "skipped":
            pytest.skip(result.detail)


class ComponentContract(Contract):
    """The contract of a component that plugins register.

    Override ``make`` to test a component that is not registered.

    Attributes:
        name: The component's name, as users write it.
        options: The options that it is built with.
        capabilities: What an orchestrator from ``make`` claims.
    """

    kind: ClassVar[Kind]
    name: str
    options: Mapping[str, object] = {}
    capabilities = Capabilities()

    def subject(self) -> Subject[Any]:
        if self.is_made_here():
            return Subject(make=self.make, capabilities=self.capabilities)
        return Subject.named(Registry.load(), self.kind, self.name, self.options)

    @classmethod
    def is_made_here(cls) -> bool:
        """Return whether the component comes from an overridden ``make``."""
        return cls.make is not ComponentContract.make

    def make(self) -> Any:
        """Build the component under test."""
        return self.subject().make()


class OrchestratorContract(ComponentContract):
    """The contract of orchestrators: single attempts, claims, and whole runs."""

    kind = "orchestrator"
    checks = ORCHESTRATOR_CHECKS

    if TYPE_CHECKING:

        def make(self) -> Orchestrator: ...


class RetryPolicyContract(ComponentContract):
    """The contract of retry policies."""

    kind = "retry_policy"
    checks = RETRY_POLICY_CHECKS

    if TYPE_CHECKING:

        def make(self) -> RetryPolicy: ...


class FaultProfileContract(ComponentContract):
    """The contract of fault profiles."""

    kind = "fault_profile"
    checks = FAULT_PROFILE_CHECKS

    if TYPE_CHECKING:

        def make(self) -> FaultProfile: ...


class ObserverContract(Contract):
    """The contract of plugins that observe. Override ``make`` to return the plugin, a module or an object."""

    kind = "observer"
    checks = OBSERVER_CHECKS

    def make(self) -> object:
        """Return the plugin under test."""
        raise NotImplementedError(f"{type(self).__name__} must override make() and return the plugin under test.")

    def subject(self) -> Subject[object]:
        return Subject(make=self.make)


class PipelineContract(Contract):
    """The contract of pipelines.

    Set ``pipeline`` and ``inputs``, or the ``name`` of a registered pipeline and ``inputs``. Override ``make_inputs`` if an input can be read only
    once.

    Attributes:
        pipeline: The pipeline.
        name: The name of a registered pipeline, instead of ``pipeline``.
        options: The options that a registered pipeline is built with.
        inputs: A small input, as ``run(pipeline, inputs)`` takes it.
        orchestrators: The orchestrators whose results are compared. If there are none, all that are installed and run on this machine.
    """

    kind = "pipeline"
    checks = (*WORKER_CHECKS, *PIPELINE_CHECKS)
    pipeline: CompletePipeline[Any, Any]
    name: str
    options: Mapping[str, object] = {}
    inputs: object
    orchestrators: Sequence[str] = ()

    def make_inputs(self) -> object:
        """Return the input, anew for each run."""
        if not hasattr(self, "inputs"):
            raise NotImplementedError(f"{type(self).__name__} must say what to run over: inputs = ...")
        return self.inputs

    def subject(self) -> PipelineSubject:
        if hasattr(self, "name"):
            registry = Registry.load()
            return PipelineSubject.named(registry, self.name, self.options, self.make_inputs, self.orchestrators)
        if not hasattr(self, "pipeline"):
            raise NotImplementedError(f"{type(self).__name__} must say what to test: pipeline = ... or name = ...")
        return PipelineSubject(pipeline=self.pipeline, make_inputs=self.make_inputs, orchestrators=self.orchestrators)


class SinkContract(Contract):
    """The contract of sinks.

    Each check has a directory of its own, called the place. Override ``read(place)`` in any case. For a registered sink set ``name`` and override
    ``options_in(place)``; for any other override ``make(place)``.

    Attributes:
        name: The name of a registered sink.
        rows: Rows that the sink takes: three or more, all different.
        refused: Rows that the sink refuses, if there are any.
    """

    kind = "sink"
    checks = SINK_CHECKS
    name: str
    rows: Sequence[Row]
    refused: Sequence[Row] = ()

    def options_in(self, place: Path) -> Mapping[str, object]:
        """Return the options with which the sink delivers into a directory."""
        raise NotImplementedError(f"{type(self).__name__} must override options_in(place), or make(place).")

    def make(self, place: Path) -> Sink:
        """Build a sink that delivers into a directory."""
        return Registry.load().sink(self.name, self.options_in(place)).build()

    def read(self, place: Path) -> Sequence[Row]:
        """Return the rows that a reader finds in a directory, in any order, as they were delivered."""
        raise NotImplementedError(
            f"{type(self).__name__} must override read(place) and return the rows that are there."
        )

    def subject(self) -> SinkSubject:
        choice = None
        if hasattr(self, "name"):
            with TemporaryDirectory() as place:
                choice = Registry.load().sink(self.name, self.options_in(Path(place)))
        return SinkSubject(make=self.make, read=self.read, rows=self.rows, refused=self.refused, choice=choice)
