"""Text that is not UTF-8: what says so, how it becomes UTF-8, and what text looks like that nobody declared.

Everything behind ``cut_stream`` is UTF-8. A byte order mark of UTF-16 or UTF-32 tells the encoding; any other one is told by the
user, since bytes do not name it.
"""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from typing import TYPE_CHECKING

from attrs import define

from pipeline_optimization.errors import InputError, OptionError
from pipeline_optimization.sources.stream import BLOCK_BYTES, InputStream
from pipeline_optimization.sources.utf8 import REPLACEMENT
from pipeline_optimization.spelling_hint import did_you_mean

if TYPE_CHECKING:
    from pipeline_optimization.sources.stream import Readable

__all__ = ["HEAD_BYTES", "UTF_8", "Decoded", "TranscodedStream", "check_encoding", "decode_marked", "encoding_in"]

UTF_8 = "utf-8"
"""The encoding of a text for which the user names none. Byte order marks of others still count."""

HEAD_BYTES = 4

_MARKS = (  # the longer ones first: that of UTF-16 is the beginning of one of UTF-32
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

_KNOWN = (
    "utf-8",
    "utf-16",
    "utf-32",
    "latin-1",
    "ascii",
    "cp1252",
    "cp1251",
    "koi8-r",
    "shift_jis",
    "euc-jp",
    "gb18030",
    "big5",
)


def check_encoding(name: str) -> str:
    """Return the encoding's usual name, ``utf-8`` for all spellings of it. Raises OptionError for what is no text encoding."""
    try:
        info = codecs.lookup(name)
        is_usable = _is_of_text(name)
    except (LookupError, ValueError):  # ValueError: a NUL character in the name
        is_usable = False
    if not is_usable:
        raise OptionError(
            f"Unknown encoding {name!r}.{did_you_mean(name, _KNOWN)} Name one that Python knows, such as utf-16-le, latin-1, "
            "cp1252 or shift_jis."
        )
    return UTF_8 if info.name in {"utf-8", "utf-8-sig"} else name


def _is_of_text(name: str) -> bool:
    """Return whether a codec is of text: ``rot13`` and ``zip`` are not, and ``decode`` refuses them."""
    try:
        b" ".decode(name)
    except UnicodeError:  # it wants two bytes or four
        return True
    except LookupError:
        return False
    return True


def encoding_in(head: bytes) -> str | None:
    """Return the encoding that the byte order mark at the start of a text tells, None for UTF-8 or no mark."""
    return next((encoding for mark, encoding in _MARKS if head.startswith(mark)), None)


def decode_marked(data: bytes) -> str:
    """Return a whole text, by its byte order mark or as UTF-8, invalid bytes replaced."""
    return data.decode(encoding_in(data[:HEAD_BYTES]) or "utf-8-sig", "replace")


@define
class Decoded:
    """What decoding showed of the text of a run, in all its parts.

    ``encoding`` is the one that was asked for. ``invalid_bytes`` is how many sequences became U+FFFD, ``looks`` what the first part
    looks like that is no UTF-8 as it should be (``looks_like``), and ``looks_in`` its place.
    """

    encoding: str = UTF_8
    invalid_bytes: int = 0
    looks: str = ""
    looks_in: str = ""

    def note(self, invalid_bytes: int, looks: str, place: str) -> None:
        """Add what was found in a part."""
        self.invalid_bytes += invalid_bytes
        if looks and not self.looks:
            self.looks, self.looks_in = looks, place

    def warnings(self, what: str) -> Sequence[str]:
        """Return a sentence or two if ``what`` was read may be wrong because of the encoding, and what would read it right."""
        if self.invalid_bytes:
            sequences = "sequence" if self.invalid_bytes == 1 else "sequences"
            said = "UTF-8" if self.encoding == UTF_8 else self.encoding
            found = f"{self.invalid_bytes:,} invalid {said} {sequences} became U+FFFD, so that {what} may be wrong"
        elif self.looks:
            found = f"The text has NUL characters, so that {what} may be wrong"
        else:
            return ()
        if not self.looks:
            return (f"{found}.",)
        try:
            check_encoding(self.looks)
            advice = f". It looks like {self.looks}: --encoding {self.looks} reads that."
        except OptionError:
            advice = f". It looks like {self.looks}."
        return (f"{found} (first in {self.looks_in}){advice}",)


class TranscodedStream(InputStream):
    """Reads text of another encoding as UTF-8. ``head`` was read from ``raw`` already.

    What cannot be decoded becomes U+FFFD; ``take_invalid`` tells how often that was since the last time.
    """

    def __init__(self, raw: Readable, name: str, encoding: str, *, head: bytes = b"") -> None:
        super().__init__(raw, name)
        self._encoding = encoding
        self._decoder = codecs.getincrementaldecoder(encoding)()
        self._head = head
        self._text = b""
        self._is_decoded = False
        self._invalid = 0

    def take_invalid(self) -> int:
        invalid, self._invalid = self._invalid, 0
        return invalid

    def _read_once(self, size: int) -> bytes:
        while not self._text and not self._is_decoded:
            block = self._head or super()._read_once(BLOCK_BYTES)
            self._head = b""
            self._is_decoded = not block
            self._text = self._decode(block).encode("utf-8", "replace")
        data, self._text = self._text[:size], self._text[size:]
        return data

    def _decode(self, block: bytes) -> str:
        before = self._decoder.getstate()
        try:
            return self._decoder.decode(block, not block)
        except UnicodeError:
            return self._replace(block, before)

    def _replace(self, block: bytes, before: tuple[bytes, int]) -> str:
        lenient = codecs.getincrementaldecoder(self._encoding)("replace")
        try:
            lenient.setstate(before)
            text = lenient.decode(block, not block)
            self._decoder.setstate(lenient.getstate())
        except UnicodeError as error:  # such as UTF-16 without a byte order mark, whose order nobody knows
            raise InputError(
                f"{self._name!r} cannot be decoded as {self._encoding}: {error}. Name another --encoding, such as "
                "utf-16-le",
                source=self._name,
            ) from error
        self._invalid += text.count(REPLACEMENT)
        return text
