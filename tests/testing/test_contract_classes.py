"""How a contract class turns what came of a check into what pytest shows."""

from __future__ import annotations

import pytest

from broken_components import Nameless, Words
from pipeline_optimization.testing import CheckFailedError, ContractWarning, LexiconContract, ObserverContract
from pipeline_optimization.testing.checks import Check
from pipeline_optimization.types import Lexicon


def contract(lexicon: type[Lexicon], **known_failures: str) -> LexiconContract:
    """Return a contract test of a lexicon, of a class of its own."""

    class Contract(LexiconContract):
        def make(self) -> Lexicon:
            return lexicon()

    Contract.known_failures = known_failures
    return Contract()


def test_a_failure_says_what_holds_and_what_was_seen() -> None:
    """A failed check fails the test with the fact and with what was seen instead, and keeps the cause."""
    with pytest.raises(CheckFailedError, match=r"``identity`` is a string of one line.*identity is ''") as caught:
        contract(Nameless).test_contract("identity_is_stable")
    assert isinstance(caught.value.__cause__, CheckFailedError)


def test_a_known_failure_is_expected() -> None:
    """A known failure is an expected failure, with its reason; one that passes fails the test."""
    with pytest.raises(pytest.xfail.Exception, match="it is a test"):
        contract(Nameless, identity_is_stable="it is a test").test_contract("identity_is_stable")
    with pytest.raises(CheckFailedError, match="take it out of known_failures"):
        contract(Words, identity_is_stable="it was one").test_contract("identity_is_stable")


def test_what_does_not_apply_is_skipped() -> None:
    """A check that does not apply, or whose prerequisite failed, is skipped with the reason."""
    with pytest.raises(pytest.skip.Exception, match="not registered"):
        contract(Words).test_contract("is_described")
    with pytest.raises(pytest.skip.Exception, match="after 'identity_is_stable' failed"):
        contract(Nameless).test_contract("identity_names_the_words")
    contract(Nameless, identity_is_stable="it is a test").test_contract("identity_names_the_words")


def test_a_new_check_warns(monkeypatch: pytest.MonkeyPatch) -> None:
    """The failure of a check that does not count yet is a warning."""
    monkeypatch.setattr(Check, "is_binding", lambda self: False)
    with pytest.warns(ContractWarning, match="identity_is_stable: identity is ''"):
        contract(Nameless).test_contract("identity_is_stable")


def test_each_check_runs_once_in_a_class() -> None:
    """Tests of one class share what came of each check, and classes do not share it."""
    made: list[int] = []

    class Counted(Words):
        def __init__(self) -> None:
            made.append(1)

    one = contract(Counted)
    one.test_contract("words_are_strings")
    type(one)().test_contract("words_are_strings")
    assert len(made) == 1
    contract(Counted).test_contract("words_are_strings")
    assert len(made) == 2


def test_an_observer_contract_needs_a_plugin() -> None:
    """A contract of an observer that does not say what to test says so."""

    class Empty(ObserverContract):
        pass

    with pytest.raises(CheckFailedError, match=r"Empty must override make\(\)"):
        Empty().test_contract("observes_something")
