"""The contracts of components that count anagrams, as test classes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_optimization.registry import Registry
from pipeline_optimization.testing.anagrams.lexicon_checks import LEXICON_CHECKS
from pipeline_optimization.testing.anagrams.signature_checks import SIGNATURE_CHECKS, SignatureSubject
from pipeline_optimization.testing.anagrams.tokenizer_checks import TOKENIZER_CHECKS
from pipeline_optimization.testing.contracts import ComponentContract
from pipeline_optimization.types import Lexicon, Signature, Tokenizer
from pipeline_optimization.types.components import ANAGRAM

__all__ = ["LexiconContract", "SignatureContract", "TokenizerContract"]


class TokenizerContract(ComponentContract):
    """The contract of tokenizers."""

    kind = "tokenizer"
    checks = TOKENIZER_CHECKS

    if TYPE_CHECKING:

        def make(self) -> Tokenizer: ...


class SignatureContract(ComponentContract):
    """The contract of signatures.

    Attributes:
        relation: The relation of a signature from ``make``. A registered signature declares its own.
    """

    kind = "signature"
    checks = SIGNATURE_CHECKS
    relation: str = ANAGRAM

    def subject(self) -> SignatureSubject:
        if self.is_made_here():
            return SignatureSubject(make=self.make, relation=self.relation)
        return SignatureSubject.named(Registry.load(), self.kind, self.name, self.options)

    if TYPE_CHECKING:

        def make(self) -> Signature: ...


class LexiconContract(ComponentContract):
    """The contract of lexicons."""

    kind = "lexicon"
    checks = LEXICON_CHECKS

    if TYPE_CHECKING:

        def make(self) -> Lexicon: ...
