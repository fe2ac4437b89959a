"""The contracts of components that count anagrams as functions, without pytest."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pipeline_optimization.testing.anagrams.lexicon_checks import LEXICON_CHECKS
from pipeline_optimization.testing.anagrams.signature_checks import SIGNATURE_CHECKS, SignatureSubject
from pipeline_optimization.testing.anagrams.tokenizer_checks import TOKENIZER_CHECKS
from pipeline_optimization.testing.checks import CheckResult, Examination
from pipeline_optimization.testing.examining import NONE_KNOWN
from pipeline_optimization.testing.subject import Subject
from pipeline_optimization.types import Lexicon, Signature, Tokenizer
from pipeline_optimization.types.components import ANAGRAM

__all__ = ["check_lexicon", "check_signature", "check_tokenizer"]


def check_tokenizer(
    factory: Callable[[], Tokenizer], *, known_failures: Mapping[str, str] = NONE_KNOWN
) -> list[CheckResult]:
    """Check a tokenizer.

    Args:
        factory: Builds it, anew at each call.
        known_failures: Checks that are known to fail, each with the reason.

    Returns:
        The result of each check.
    """
    return Examination(Subject(make=factory), TOKENIZER_CHECKS, known_failures).results()


def check_signature(
    factory: Callable[[], Signature], *, relation: str = ANAGRAM, known_failures: Mapping[str, str] = NONE_KNOWN
) -> list[CheckResult]:
    """Check a signature against its relation.

    Args:
        factory: Builds it, anew at each call.
        relation: What two words with equal signatures have in common.
        known_failures: Checks that are known to fail, each with the reason.

    Returns:
        The result of each check.
    """
    return Examination(SignatureSubject(make=factory, relation=relation), SIGNATURE_CHECKS, known_failures).results()


def check_lexicon(
    factory: Callable[[], Lexicon], *, known_failures: Mapping[str, str] = NONE_KNOWN
) -> list[CheckResult]:
    """Check a lexicon.

    Args:
        factory: Builds it, anew at each call.
        known_failures: Checks that are known to fail, each with the reason.

    Returns:
        The result of each check.
    """
    return Examination(Subject(make=factory), LEXICON_CHECKS, known_failures).results()
