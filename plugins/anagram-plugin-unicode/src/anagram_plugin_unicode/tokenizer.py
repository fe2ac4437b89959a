"""Words as Unicode Standard Annex #29, "Unicode Text Segmentation", finds them."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Literal
from unicodedata import normalize

from unicode_segmentation_rs import unicode_words

__all__ = ["UnicodeTokenizer"]

LINE_END = "\n"
SOFT_HYPHEN = "\N{SOFT HYPHEN}"
APOSTROPHES = ("'", "\N{RIGHT SINGLE QUOTATION MARK}")

SPACES = tuple(char for char in map(chr, range(sys.maxunicode + 1)) if char.isspace() and char != LINE_END)


class UnicodeTokenizer:
    """Folds case, normalises to NFC, and yields each text between word boundaries that has a letter or a digit.

    It is not ``is_characterwise``, since normal form and boundaries depend on neighbouring characters.
    """

    is_characterwise = False

    def __init__(self, *, apostrophe: Literal["joins", "separates"] = "joins") -> None:
        self._separators = SPACES + (APOSTROPHES if apostrophe == "separates" else ())

    def filter(self, text: str) -> str:
        """Return the text with case folded, a line end for each white space, and no soft hyphens.

        White space must end words, because chunks are cut at white space. In UAX #29 there are exceptions: U+202F joins letters, and a
        mark after a space belongs to the space. What follows a line end does not depend on what was before it.
        """
        # A search for each separator is much faster than str.translate, which looks at every character of a text.
        for separator in self._separators:
            if separator in text:
                text = text.replace(separator, LINE_END)
        # Soft hyphens are invisible hints where a line may be broken. They go before normalising, which may then combine marks.
        text = text.replace(SOFT_HYPHEN, "")
        return normalize("NFC", normalize("NFC", text).casefold())

    def words(self, filtered: str) -> Sequence[str]:
        try:
            return unicode_words(filtered)
        except UnicodeEncodeError:
            # Lone surrogates are no characters; nothing that was decoded has them.
            return unicode_words(filtered.encode("utf-8", "replace").decode("utf-8"))
