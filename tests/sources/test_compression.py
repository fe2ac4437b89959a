"""Compressed sources are read whole, or fail loudly."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import random
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline_optimization import count_anagrams
from pipeline_optimization.api import Countable
from pipeline_optimization.errors import InputError, MissingDependencyError
from pipeline_optimization.sources import FileSource, StreamSource, UrlSource, expand_inputs, read_chunks
from pipeline_optimization.sources.compression import COMPRESSIONS, compression_of
from pipeline_optimization.sources.decompression import DecompressedStream

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    zstd = pytest.importorskip("backports.zstd")

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

COMPRESS: dict[str, Callable[[bytes], bytes]] = {
    ".gz": lambda data: gzip.compress(data, mtime=0),
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
    ".zst": lambda data: zstd.compress(data, options={zstd.CompressionParameter.checksum_flag: 1}),
}
NAMES = {".gz": "gzip", ".bz2": "bzip2", ".xz": "xz", ".zst": "zstd"}
RANDOM = random.Random(7)
TEXT = " ".join("".join(RANDOM.choices("abcdefgh", k=6)) for _ in range(3000)).encode()
every_format = pytest.mark.parametrize("suffix", sorted(COMPRESS))


class Trickle:
    """A raw stream that returns at most ``portion`` bytes a read."""

    def __init__(self, data: bytes, portion: int) -> None:
        self.data = data
        self.portion = portion

    def read(self, size: int, /) -> bytes:
        size = min(size, self.portion)
        block, self.data = self.data[:size], self.data[size:]
        return block

    def close(self) -> None:
        self.data = b""


def read_all(data: bytes, suffix: str, *, portion: int = 1 << 20, size: int = -1) -> bytes:
    compression = compression_of("x" + suffix)
    assert compression is not None
    stream = DecompressedStream(Trickle(data, portion), "data/x" + suffix, compression)
    return stream.read() if size < 0 else b"".join(iter(lambda: stream.read(size), b""))


@every_format
@pytest.mark.parametrize("spelling", [str.lower, str.upper])
def test_a_file_is_decompressed_by_its_suffix(suffix: str, spelling: Callable[[str], str], tmp_path: Path) -> None:
    """The suffix counts in upper and lower case."""
    path = tmp_path / ("book.txt" + spelling(suffix))
    path.write_bytes(COMPRESS[suffix](TEXT))
    with FileSource(path).open() as stream:
        assert stream.read() == TEXT
    (source,) = expand_inputs([str(path)])
    assert b"".join(chunk.data for chunk in read_chunks(source, 1000)) == TEXT


def test_lines_can_be_read_through_a_buffered_reader(tmp_path: Path) -> None:
    """The stream has all that io.BufferedReader asks for."""
    path = tmp_path / "x.gz"
    path.write_bytes(COMPRESS[".gz"](b"one\ntwo\n" * 1000))
    with io.BufferedReader(cast("io.RawIOBase", FileSource(path).open())) as lines:
        assert list(lines) == [b"one\n", b"two\n"] * 1000


@pytest.mark.parametrize("suffix", COMPRESS)
@pytest.mark.parametrize("chunk_size", [pytest.param(100, marks=pytest.mark.slow), 10_000_000])
def test_the_content_tells_where_the_suffix_does_not(suffix: str, chunk_size: int, tmp_path: Path) -> None:
    """A file of another name, a stream and a URL are decompressed too, and their counts are those of the text."""
    data = COMPRESS[suffix](TEXT)
    path = tmp_path / f"book{suffix}.txt"
    path.write_bytes(data)
    with FileSource(path).open() as stream:
        assert stream.read() == TEXT
    expected = count_anagrams(TEXT.decode()).anagram_counts
    kinds: list[Countable] = [path, io.BytesIO(data), [UrlSource(path.as_uri())], [path, path]]
    for source in kinds:
        number = len(source) if isinstance(source, list) else 1
        counts = count_anagrams(source, chunk_size=chunk_size).anagram_counts
        assert counts == {word: number * count for word, count in expected.items()}


@pytest.mark.parametrize("text", [b"BZh9 is a beginning", b"(cat)", b"\x1fcat", b"PK cat"])
def test_a_text_that_begins_like_a_compressed_file_is_text(text: bytes) -> None:
    """bzip2's first letters could be words."""
    assert [chunk.data for chunk in read_chunks(StreamSource(io.BytesIO(text), "-"), 1000)] == [text]


def test_a_long_window_is_named() -> None:
    """What zstd --long=28 makes takes more memory than a reader may have; the data are not damaged."""
    options = {zstd.CompressionParameter.window_log: 28, zstd.CompressionParameter.enable_long_distance_matching: 1}
    compressor = zstd.ZstdCompressor(options=options)
    data = compressor.compress(b"cat ") + compressor.flush()
    with pytest.raises(InputError, match=r"'-' was compressed with a window of over 128 MiB .* zstd -d --long=31 -"):
        list(read_chunks(StreamSource(io.BytesIO(data), "-"), 100))


@pytest.mark.parametrize("url", ["https://x.org/a.txt.gz?token=1#top", "memory://a/b.GZ", "zip://b.gz::file:///a.zip"])
def test_the_suffix_of_a_url_is_that_of_its_path(url: str) -> None:
    """A query, a fragment or a chained file system behind the path does not hide the suffix."""
    compression = UrlSource(url).compression
    assert compression is not None
    assert compression.name == "gzip"


@every_format
@settings(deadline=None)
@given(parts=st.lists(st.binary(max_size=300), min_size=1, max_size=4), size=st.integers(1, 50))
def test_every_member_is_read(suffix: str, parts: list[bytes], size: int) -> None:
    """Files that were compressed apart and joined are read to the end, whatever the portions."""
    data = b"".join(map(COMPRESS[suffix], parts))
    assert read_all(data, suffix) == b"".join(parts)
    assert read_all(data, suffix, portion=1) == b"".join(parts)
    assert read_all(data, suffix, portion=7, size=size) == b"".join(parts)


@every_format
def test_zero_padding_between_and_after_members_is_skipped(suffix: str) -> None:
    """Tapes and xz pad with zeros."""
    member = COMPRESS[suffix](TEXT)
    padding = b"\0" * 200_000
    assert read_all(member + padding + member + padding, suffix) == TEXT + TEXT


@every_format
def test_zeros_before_the_data_are_an_error(suffix: str) -> None:
    """A download that failed may leave zeros in the place of data."""
    for data in (bytes(1000), b"\0" + COMPRESS[suffix](TEXT)):
        with pytest.raises(InputError, match=f" is no {NAMES[suffix]} data: "):
            read_all(data, suffix)


def test_skippable_zstd_frames_are_skipped() -> None:
    """Frames that hold no data, which seekable zstd files end with, are no damage."""
    frame = b"\x53\x2a\x4d\x18" + (5).to_bytes(4, "little") + b"index"
    assert read_all(frame + COMPRESS[".zst"](TEXT) + frame, ".zst") == TEXT


@every_format
def test_data_that_is_cut_off_anywhere_raises(suffix: str) -> None:
    """There is no length at which a file that is not complete passes for a complete one."""
    data = COMPRESS[suffix](TEXT[:600])
    for length in range(len(data)):
        with pytest.raises(InputError, match=r"; fetch it again$"):
            read_all(data[:length], suffix, size=100)


@every_format
def test_a_second_member_that_is_cut_off_anywhere_raises(suffix: str) -> None:
    """The first member being complete does not make the rest rubbish."""
    data = COMPRESS[suffix](TEXT[:300])
    for length in range(1, len(data)):
        with pytest.raises(InputError, match=r"; fetch it again$"):
            read_all(data + data[:length], suffix)


@every_format
@settings(deadline=None)
@given(position=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_a_flipped_bit_gives_the_right_text_or_an_error(suffix: str, position: int, bit: int) -> None:
    """Damage never changes the text in silence, in the first member or in the second."""
    member = COMPRESS[suffix](TEXT[:600])
    data = bytearray(member + member)
    data[position % len(data)] ^= 1 << bit
    text = None
    with suppress(InputError):
        text = read_all(bytes(data), suffix)
    assert text in (None, TEXT[:600] * 2)


@every_format
def test_truncation_is_named(suffix: str) -> None:
    """The text says that the end is missing and after how many bytes."""
    data = COMPRESS[suffix](TEXT)[:1000]
    with pytest.raises(InputError) as caught:
        read_all(data, suffix)
    assert str(caught.value) == (
        f"'data/x{suffix}' is truncated {NAMES[suffix]} data: it ends after 1,000 bytes, before its end marker; "
        "fetch it again"
    )


@every_format
def test_damage_is_named(suffix: str) -> None:
    """The text has the decompressor's reason, and the cause is chained."""
    data = bytearray(COMPRESS[suffix](TEXT))
    data[len(data) // 2 : len(data) // 2 + 50] = bytes(50)
    with pytest.raises(InputError) as caught:
        read_all(bytes(data), suffix)
    cause = caught.value.__cause__
    assert cause is not None
    assert str(caught.value) == (
        f"'data/x{suffix}' is damaged {NAMES[suffix]} data: {cause}, in the first {len(data):,} bytes; fetch it again"
    )


@every_format
def test_a_file_that_is_in_another_format_is_named(suffix: str) -> None:
    """Plain text with a wrong suffix is told apart from damage."""
    with pytest.raises(InputError) as caught:
        read_all(b"plain text, not compressed " * 10, suffix)
    assert str(caught.value) == (
        f"'data/x{suffix}' is no {NAMES[suffix]} data: {caught.value.__cause__}; "
        f"rename it if '{suffix}' is not its format, or fetch it again"
    )


@every_format
def test_rubbish_after_the_data_is_named(suffix: str) -> None:
    """What is no member is not skipped: it may be the damaged rest of the text."""
    data = COMPRESS[suffix](TEXT) + b"rubbish, and more of it than a header"
    with pytest.raises(InputError) as caught:
        read_all(data, suffix)
    assert str(caught.value) == (
        f"'data/x{suffix}' has something else after its {NAMES[suffix]} data, in the first {len(data):,} bytes: "
        f"{caught.value.__cause__}; fetch it again"
    )


@every_format
def test_an_empty_file_is_named(suffix: str, tmp_path: Path) -> None:
    """0 bytes are an error, as no format compresses anything to nothing; an empty member is fine."""
    path = tmp_path / ("x" + suffix)
    path.write_bytes(b"")
    with pytest.raises(InputError) as caught:
        list(read_chunks(FileSource(path), 1000))
    assert str(caught.value) == f"{str(path)!r} is empty: 0 bytes are no {NAMES[suffix]} data; fetch it again"
    path.write_bytes(COMPRESS[suffix](b""))
    assert list(read_chunks(FileSource(path), 1000)) == []


@every_format
def test_what_comes_before_the_damage_is_read_first(suffix: str, tmp_path: Path) -> None:
    """The error comes in the middle of the chunks, from the file that is read."""
    path = tmp_path / ("x" + suffix)
    path.write_bytes(COMPRESS[suffix](TEXT) + COMPRESS[suffix](TEXT)[:-1])
    chunks = read_chunks(FileSource(path), 1000)
    assert next(chunks).data == TEXT[: TEXT.rindex(b" ", 0, 1000) + 1]
    with pytest.raises(InputError, match="is truncated"):
        list(chunks)


@every_format
def test_highly_compressed_data_is_decompressed_in_portions(suffix: str) -> None:
    """A read decompresses no more than it returns, so that 8 MB of zeros are never in memory at once."""
    compression = compression_of(suffix)
    assert compression is not None
    stream = DecompressedStream(Trickle(COMPRESS[suffix](bytes(8_000_000)), 1 << 20), "x", compression)
    assert len(stream.read1(1000)) <= 1000
    assert len(stream.read()) > 7_990_000


@every_format
@pytest.mark.parametrize("action", ["check", "open"])
def test_a_missing_module_is_named(suffix: str, action: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Python without the module, or without backports.zstd, says what to install, before any work."""
    (compression,) = (compression for compression in COMPRESSIONS if compression.suffix == suffix)
    parent, _, module = compression.package.rpartition(".")
    if parent:
        monkeypatch.delattr(sys.modules[parent], module, raising=False)
    monkeypatch.setitem(sys.modules, compression.package, None)
    path = tmp_path / ("x" + suffix)
    path.write_bytes(COMPRESS[suffix](TEXT))
    with pytest.raises(MissingDependencyError) as caught:
        getattr(FileSource(path), action)()
    package = compression.package
    remedy = f"pip install {package}" if package == "backports.zstd" else "install a Python that has it"
    assert caught.value.package == package
    assert str(caught.value) == (
        f"Reading {str(path)!r} needs the module {package}, which cannot be imported: {remedy}, or decompress it first"
    )
