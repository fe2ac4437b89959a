"""The bytes of a text: its encoding, the bytes that cannot be decoded, and what a text with such bytes looks like.

Everything behind ``cut_stream`` is UTF-8. A byte order mark tells that a text is in UTF-16 or UTF-32. Any other encoding must be named by the user,
because bytes do not tell it.
"""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from typing import TYPE_CHECKING

from attrs import define

from pipeline_optimization.errors import InputError, OptionError
from pipeline_optimization.sources.stream import BLOCK_BYTES, InputStream
from pipeline_optimization.spelling_hint import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline_optimization.sources.stream import Readable

__all__ = [
    "BINARY",
    "BYTE_ORDER_MARK",
    "DAMAGED",
    "HEAD_BYTES",
    "OTHER",
    "REPLACEMENT",
    "REPLACEMENT_BYTES",
    "UTF_8",
    "Decoded",
    "TranscodedStream",
    "check_encoding",
    "count_invalid",
    "decode_marked",
    "decode_pieces",
    "encoding_in",
    "looks_like",
    "new_decoder",
]

UTF_8 = "utf-8"
"""The encoding of a text if the user names none. Byte order marks of other encodings still count."""

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
REPLACEMENT_BYTES = REPLACEMENT.encode()

_PIECE_BYTES = 1 << 16

BINARY = "binary data"
DAMAGED = "UTF-8 with damaged bytes"
OTHER = "an older encoding, such as cp1251, shift_jis or gb18030"

SAMPLE = 4096
"""Bytes at the start of a chunk in which NUL characters are searched. They are few, because every chunk is searched."""

MANY = 0.3
"""In most languages, texts in UTF-16 or UTF-32 have NUL bytes at certain places. This share of these places must be NUL in a sample."""

HEAD_BYTES = 4

_MARKS = (  # the longer ones come first, because one mark of UTF-32 begins with that of UTF-16
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
    """Return the encoding's usual name: ``utf-8`` for all spellings of it. Raises OptionError if it is no text encoding."""
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
    """Return whether a codec is for text. ``rot13`` and ``zip`` are not, and ``decode`` refuses them."""
    try:
        b" ".decode(name)
    except UnicodeError:  # it needs two bytes or four
        return True
    except LookupError:
        return False
    return True


def encoding_in(head: bytes) -> str | None:
    """Return the encoding that the byte order mark at the start of a text tells, or None for UTF-8 or no mark."""
    return next((encoding for mark, encoding in _MARKS if head.startswith(mark)), None)


def decode_marked(data: bytes) -> str:
    """Return a whole text, decoded by its byte order mark or as UTF-8, with invalid bytes replaced."""
    return data.decode(encoding_in(data[:HEAD_BYTES]) or "utf-8-sig", "replace")


@define(eq=False, repr=False)
class Decoded:
    """The findings from decoding the parts of a run's text.

    Attributes:
        encoding: The encoding that was asked for.
        invalid_bytes: How many sequences of bytes became U+FFFD.
        looks: What the first part that is not proper UTF-8 looks like (``looks_like``).
        looks_in: The place of that part.
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
        """Return a warning if ``what`` was read may be wrong because of the encoding, with an encoding that would read it right."""
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

    What cannot be decoded becomes U+FFFD. ``take_invalid`` returns how often that happened since its last call.
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
        except UnicodeError as error:  # such as UTF-16 without a byte order mark, whose byte order is not known
            raise InputError(
                f"{self._name!r} cannot be decoded as {self._encoding}: {error}. Name another --encoding, such as "
                "utf-16-le",
                source=self._name,
            ) from error
        self._invalid += text.count(REPLACEMENT)
        return text


def new_decoder() -> codecs.IncrementalDecoder:
    """Return a decoder that replaces what is not UTF-8, and holds an incomplete character back."""
    return codecs.getincrementaldecoder("utf-8")(errors="replace")


def decode_pieces(data: bytes | bytearray, decoder: codecs.IncrementalDecoder) -> Iterator[str]:
    """Decode ``data`` piece by piece, because a megabyte of bytes can become 4 MiB of text."""
    for start in range(0, len(data), _PIECE_BYTES):
        yield decoder.decode(bytes(data[start : start + _PIECE_BYTES]))


def count_invalid(data: bytes) -> int:
    """Return how many replacement characters decoding with ``errors="replace"`` would insert.

    Those in the data itself are not counted.
    """
    if data.isascii():
        return 0
    decoder = new_decoder()
    replacements = sum(text.count(REPLACEMENT) for text in decode_pieces(data, decoder))
    replacements += decoder.decode(b"", final=True).count(REPLACEMENT)
    return replacements - data.count(REPLACEMENT_BYTES)


def looks_like(data: bytes, *, is_invalid: bool) -> str:
    """Return what a chunk looks like: a Python encoding, one of the constants, or an empty text if nothing is wrong.

    ``is_invalid`` says that it has bytes that are not UTF-8.
    """
    head = data[:SAMPLE]
    if b"\0" in head:
        return _with_nuls(head)
    return _eight_bits(_around_first_invalid(data)) if is_invalid else ""


def _with_nuls(sample: bytes) -> str:
    nuls = [sample[place::4].count(0) / max(1, len(sample[place::4])) for place in range(4)]
    if min(nuls[1:]) > MANY and nuls[0] < MANY:
        return "utf-32-le"
    if min(nuls[:3]) > MANY and nuls[3] < MANY:
        return "utf-32-be"
    if min(nuls[1], nuls[3]) > MANY > max(nuls[0], nuls[2]):
        return "utf-16-le"
    if min(nuls[0], nuls[2]) > MANY > max(nuls[1], nuls[3]):
        return "utf-16-be"
    return BINARY


def _around_first_invalid(data: bytes) -> bytes:
    try:
        data.decode()
    except UnicodeDecodeError as error:
        return data[max(0, error.start - SAMPLE // 2) : error.start + SAMPLE]
    return data[:SAMPLE]


def _eight_bits(sample: bytes) -> str:
    controls = sum(sample.count(code) for code in (*range(1, 8), *range(14, 27), 0x7F))
    if controls > len(sample) / 50:
        return BINARY
    text = sample.decode("utf-8", "replace")
    wide = sum(not char.isascii() and char != "\N{REPLACEMENT CHARACTER}" for char in text)
    high = [byte for byte in sample if byte >= 0x80]
    if wide > text.count("\N{REPLACEMENT CHARACTER}"):
        return DAMAGED
    letters = sum(97 <= byte | 0x20 <= 122 for byte in sample)
    if len(high) > letters / 2 or any(byte in {0x81, 0x8D, 0x8F, 0x90, 0x9D} for byte in high):
        return OTHER
    return "cp1252" if any(byte < 0xA0 for byte in high) else "latin-1"
