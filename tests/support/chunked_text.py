"""Generated texts as bytes, broken ones among them, and the words that they have however they are cut into chunks."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable

from hypothesis import strategies as st

from pipeline_optimization.sources import Chunk, is_plain

__all__ = ["DATA", "SPACES", "reference_invalid", "reference_words", "squeeze_exercise", "squeeze_nothing", "words_of"]

SPACES = "\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2005\u200a\u2028\u2029\u202f\u205f\u3000"
UNWANTED = re.compile(r"[^A-Za-z0-9\s]+")


def squeeze_exercise(text: str) -> str:
    """Filter as the reference tokenizer does."""
    return UNWANTED.sub("", text.replace("-", " "))


def squeeze_nothing(text: str) -> str:
    """Filter nothing, so that squeezed text keeps every character, U+FFFD and wide ones too."""
    return text


def reference_words(data: bytes, *, is_squeezed: bool) -> list[str]:
    """Split the whole text, character by character."""
    text = data.decode("utf-8", "replace").removeprefix("\ufeff")
    if is_squeezed:
        kept = []
        for character in text:
            if character == "-":
                kept.append(" ")
            elif character.isspace() or (character.isascii() and character.isalnum()):
                kept.append(character)
        text = "".join(kept)
    return text.split()


def reference_invalid(data: bytes) -> int:
    """Count the calls of an error handler, of which each inserts one replacement."""
    calls: list[UnicodeError] = []

    def handle(error: UnicodeError) -> tuple[str, int]:
        assert isinstance(error, UnicodeDecodeError)
        calls.append(error)
        return "\ufffd", error.end

    codecs.register_error("chunked_text", handle)
    data.decode("utf-8", "chunked_text")
    return len(calls)


def words_of(chunks: list[Chunk], squeeze: Callable[[str], str] = squeeze_nothing) -> list[str]:
    return [word for chunk in chunks for word in squeeze(chunk.data.decode("utf-8", "replace")).split()]


PIECES = st.one_of(
    st.sampled_from([space.encode() for space in SPACES]),
    st.sampled_from([b"cat", b"I'll", b"foo/bar", b"well-known", b"\r\n", b"\x00", b"-", b"..", "é".encode()]),
    st.sampled_from([b"\xef\xbb\xbf", "\ufffd".encode(), b"\xe2\x80", b"\xe2", b"\x80", b"\x89", b"\xc2", b"\xa0"]),
    st.sampled_from([b"\xf0\x9f", b"\xf0\x80\x80", b"\xed\xa0\x80", "😀".encode(), b"\xe3\x80", b"\xff", b"\xc0\xaf"]),
    st.binary(max_size=8),
    st.text(max_size=8).map(lambda text: text.encode(errors="replace")),
    st.sampled_from([b".", b"x", b"\xff", b"a-", b"\xe2\x80"]).map(lambda unit: unit * 40),
)
DATA = st.lists(PIECES, max_size=25).map(b"".join).filter(is_plain)
"""Text in UTF-8, with or without errors: what begins as gzip or with another mark is decompressed or decoded first."""
