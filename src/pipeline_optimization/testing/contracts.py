"""The contracts as test classes: derive, say what to test, and run pytest.

::

    class TestThreaded(OrchestratorContract):
        name = "threaded"
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from pipeline_optimization.registry import Kind, Registry
from pipeline_optimization.testing.checks import Check, CheckFailedError, Examination
from pipeline_optimization.testing.examining import CHECKS, OBSERVER_KIND, ExaminedKind
from pipeline_optimization.testing.subject import Subject
from pipeline_optimization.types import Capabilities, Lexicon, Orchestrator, RetryPolicy, Signature, Tokenizer
from pipeline_optimization.types.components import ANAGRAM

if TYPE_CHECKING:
    import pytest

__all__ = [
    "ContractWarning",
    "LexiconContract",
    "ObserverContract",
    "OrchestratorContract",
    "RetryPolicyContract",
    "SignatureContract",
    "TokenizerContract",
]


class ContractWarning(UserWarning):
    """A check fails that is new in this minor version of the core; from the next one on its failure counts.

    Mend the component until then, or name the check in ``known_failures`` with the reason.
    """


class _Contract:
    """One test for each check. ``known_failures`` maps checks to reasons; one that passes after all fails the test."""

    kind: ClassVar[ExaminedKind]
    known_failures: Mapping[str, str] = {}

    def subject(self) -> Subject[Any]:
        raise NotImplementedError

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Make one test of each check, called by its name."""
        if "check" in metafunc.fixturenames:
            names = [check.name for check in _checks(self.kind)]
            metafunc.parametrize("check", names)

    def test_contract(self, check: str) -> None:
        """The component keeps its contract: see the check's name and message."""
        import pytest  # noqa: PLC0415 - the module is imported by those who only want the checks

        # One examination for the whole class, so that a prerequisite is checked once.
        cls = type(self)
        examination: Examination[Any] | None = cls.__dict__.get("_examination")
        if examination is None:
            examination = Examination(self.subject(), _checks(self.kind), self.known_failures)
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


def _checks(kind: ExaminedKind) -> Sequence[Check[Any]]:
    return CHECKS[kind]


class _ComponentContract(_Contract):
    """``name`` is the component's, as users write it; ``options`` are what it is built with.

    Override ``make`` to test something that is not registered, with ``capabilities`` for what an orchestrator claims and
    ``relation`` for what a signature declares.
    """

    kind: ClassVar[Kind]
    name: str
    options: Mapping[str, object] = {}
    capabilities = Capabilities()
    relation: str = ANAGRAM

    def subject(self) -> Subject[Any]:
        if type(self).make is not _ComponentContract.make:
            return Subject(make=self.make, capabilities=self.capabilities, relation=self.relation)
        return Subject.named(Registry.load(), self.kind, self.name, self.options)

    def make(self) -> Any:
        """Build the component under test."""
        return self.subject().make()


class OrchestratorContract(_ComponentContract):
    """For orchestrators: attempts, claims, and whole runs."""

    kind = "orchestrator"

    if TYPE_CHECKING:

        def make(self) -> Orchestrator: ...


class TokenizerContract(_ComponentContract):
    """For tokenizers."""

    kind = "tokenizer"

    if TYPE_CHECKING:

        def make(self) -> Tokenizer: ...


class SignatureContract(_ComponentContract):
    """For signatures."""

    kind = "signature"

    if TYPE_CHECKING:

        def make(self) -> Signature: ...


class RetryPolicyContract(_ComponentContract):
    """For retry policies."""

    kind = "retry_policy"

    if TYPE_CHECKING:

        def make(self) -> RetryPolicy: ...


class LexiconContract(_ComponentContract):
    """For lexicons."""

    kind = "lexicon"

    if TYPE_CHECKING:

        def make(self) -> Lexicon: ...


class ObserverContract(_Contract):
    """For plugins that observe: override ``make`` to return the plugin, a module or an object."""

    kind = OBSERVER_KIND

    def make(self) -> object:
        """Return the plugin under test."""
        raise NotImplementedError(f"{type(self).__name__} must override make() and return the plugin under test.")

    def subject(self) -> Subject[object]:
        return Subject(make=self.make)
