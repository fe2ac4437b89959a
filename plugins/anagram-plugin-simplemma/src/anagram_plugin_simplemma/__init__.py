"""The lexicon ``simplemma``: the word forms of a language, as the library simplemma has them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from attrs import frozen

from pipeline_optimization.hookspecs import hookimpl
from pipeline_optimization.types import Component, Lexicon, option


@frozen(kw_only=True)
class SimplemmaOptions:
    """The options of ``simplemma``."""

    language: str = option("", help="a language by its code, such as de, fr, es or ru", is_argument=True)


def make(options: SimplemmaOptions) -> Lexicon:
    """Build the lexicon, importing what it needs only now."""
    from anagram_plugin_simplemma.lexicon import SimplemmaLexicon  # noqa: PLC0415 - only when it is chosen

    return SimplemmaLexicon(options.language)


@hookimpl
def anagram_register_lexicons() -> Sequence[Component[Any, Lexicon]]:
    return [
        Component(
            name="simplemma",
            summary="simplemma:LANGUAGE, the word forms of one of 54 languages",
            factory=make,
            options=SimplemmaOptions,
        )
    ]
