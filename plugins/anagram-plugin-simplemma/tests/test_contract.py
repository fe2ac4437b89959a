"""The lexicon ``simplemma`` keeps the contract."""

from pipeline_optimization.testing import LexiconContract


class TestSimplemma(LexiconContract):
    name = "simplemma:gv"  # Manx: the contract is the same for all, and this one is small
