"""A language's dictionary of simplemma, which has the base form of each word form."""

from __future__ import annotations

from collections.abc import Iterator

from simplemma.strategies.dictionaries import DefaultDictionaryFactory
from simplemma.strategies.dictionaries.dictionary_factory import SUPPORTED_LANGUAGES

from pipeline_optimization.errors import LexiconError
from pipeline_optimization.installed import version_of

__all__ = ["SimplemmaLexicon"]


class SimplemmaLexicon:
    """All word forms of a language. They depend on the installed version of simplemma, so its number identifies them."""

    def __init__(self, language: str) -> None:
        if language not in SUPPORTED_LANGUAGES:
            name = f"has no language {language!r}" if language else "needs a language: --lexicon simplemma:LANGUAGE"
            raise LexiconError(
                f"The lexicon 'simplemma' {name}. There are: {', '.join(sorted(SUPPORTED_LANGUAGES))}. For others name a "
                "file with one word a line: --lexicon file:PATH.",
                lexicon=f"simplemma:{language}",
            )
        self._language = language

    @property
    def identity(self) -> str:
        return f"simplemma {version_of('simplemma')} {self._language}"

    def words(self) -> Iterator[str]:
        # A factory of our own: the library's keeps what it loaded for as long as the process lives.
        forms = DefaultDictionaryFactory().get_dictionary(self._language)
        yield from forms
        # A few base forms are not among the forms.
        for form in forms:
            yield forms[form]
