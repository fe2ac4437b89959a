"""The tokenizer ``unicode``: words of any script, by the word boundaries of UAX #29."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from attrs import frozen

from pipeline_optimization.hookspecs import hookimpl
from pipeline_optimization.types import Component, ComponentOf, Tokenizer, option


@frozen(kw_only=True)
class UnicodeOptions:
    """The options of ``unicode``."""

    apostrophe: Literal["joins", "separates"] = option(
        "joins", help="whether it's is one word, as in UAX #29, or two, as French and Italian need for l'eau"
    )


def make(options: UnicodeOptions) -> Tokenizer:
    """Build the tokenizer, importing what it needs only now."""
    from anagram_plugin_unicode.tokenizer import UnicodeTokenizer  # noqa: PLC0415 - only when it is chosen

    return UnicodeTokenizer(apostrophe=options.apostrophe)


@hookimpl
def anagram_register_tokenizers() -> Sequence[ComponentOf[Tokenizer]]:
    return [
        Component(
            name="unicode",
            summary="words of any script (UAX #29), without case, in NFC",
            factory=make,
            options=UnicodeOptions,
        )
    ]
