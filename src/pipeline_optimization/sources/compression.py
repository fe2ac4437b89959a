"""The compressed formats: their suffixes, and what decompresses them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Protocol

from attrs import frozen

from pipeline_optimization.errors import MissingDependencyError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "COMPRESSIONS",
    "HEAD_BYTES",
    "Compression",
    "Decompressor",
    "compression_in",
    "compression_of",
    "load_decompressor",
]


class Decompressor(Protocol):
    """Decompresses one member (gzip), stream (bz2, xz) or frame (zstd), with the methods of the standard library's decompressors."""

    @property
    def eof(self) -> bool: ...

    @property
    def needs_input(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, max_length: int) -> bytes: ...


class GzipDecompressor:
    """Gives zlib the methods of the other decompressors. zlib itself checks the header, length and checksum."""

    def __init__(self) -> None:
        import zlib  # noqa: PLC0415 (only read when a .gz file is)

        self._zlib = zlib.decompressobj(wbits=31)  # 16 for gzip framing + 15 for the largest window

    @property
    def eof(self) -> bool:
        return self._zlib.eof

    @property
    def needs_input(self) -> bool:
        return not self._zlib.eof and not self._zlib.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        return self._zlib.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        return self._zlib.decompress(self._zlib.unconsumed_tail + data, max_length)


def _new_bz2() -> Decompressor:
    import bz2  # noqa: PLC0415 (only read when a .bz2 file is)

    return bz2.BZ2Decompressor()


def _new_xz() -> Decompressor:
    import lzma  # noqa: PLC0415 (only read when an .xz file is)

    return lzma.LZMADecompressor(format=lzma.FORMAT_XZ)


def _new_zstd() -> Decompressor:
    if sys.version_info >= (3, 14):
        from compression import zstd  # noqa: PLC0415 (only read when a .zst file is)
    else:
        from backports import zstd  # noqa: PLC0415 (optional)

    return zstd.ZstdDecompressor()


@frozen(kw_only=True)
class Compression:
    """One format. ``magic`` are the first bytes of a member, and ``package`` is the module that decompresses it."""

    name: str
    suffix: str
    magic: bytes
    package: str
    new: Callable[[], Decompressor]


COMPRESSIONS = (
    Compression(name="gzip", suffix=".gz", magic=b"\x1f\x8b", package="zlib", new=GzipDecompressor),
    Compression(name="bzip2", suffix=".bz2", magic=b"BZh", package="bz2", new=_new_bz2),
    Compression(name="xz", suffix=".xz", magic=b"\xfd7zXZ\x00", package="lzma", new=_new_xz),
    Compression(
        name="zstd",
        suffix=".zst",
        magic=b"\x28\xb5\x2f\xfd",
        package="compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd",
        new=_new_zstd,
    ),
)


HEAD_BYTES = 10
"""The first bytes of a file that ``compression_in`` needs."""

SUFFIXES = tuple(compression.suffix for compression in COMPRESSIONS)


def compression_of(path: str) -> Compression | None:
    """Return the compression of the suffix of ``path``, in upper or lower case."""
    lowered = path.lower()
    if not lowered.endswith(SUFFIXES):
        return None
    return next((compression for compression in COMPRESSIONS if lowered.endswith(compression.suffix)), None)


def compression_in(head: bytes) -> Compression | None:
    """Return the compression of a file that begins with these ``HEAD_BYTES`` bytes, whatever its name."""
    # A text may begin with these letters. Behind them and the size, bzip2 has the digits of pi, or of its square root if it is empty.
    if head.startswith(b"BZh"):
        return COMPRESSIONS[1] if head[4:10] in {b"1AY&SY", b"\x17rE8P\x90"} else None
    return next((compression for compression in COMPRESSIONS if head.startswith(compression.magic)), None)


def load_decompressor(compression: Compression, name: str) -> Callable[[], Decompressor]:
    """Return a function that makes a decompressor for each member of the source ``name``.

    Raises MissingDependencyError if the module that is needed cannot be imported.
    """
    try:
        compression.new()
    except ImportError as error:
        package = compression.package
        remedy = f"pip install {package}" if package.startswith("backports.") else "install a Python that has it"
        msg = f"Reading {name!r} needs the module {package}, which cannot be imported: {remedy}, or decompress it first"
        raise MissingDependencyError(msg, source=name, package=package) from error
    return compression.new
