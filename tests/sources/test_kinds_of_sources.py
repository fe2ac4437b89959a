"""The kinds of sources, and the stream below them."""

from __future__ import annotations

import errno
import gzip
import io
import os
import re
import sys
from pathlib import Path
from typing import Any, BinaryIO, cast

import pytest

from pipeline_optimization import sources
from pipeline_optimization.errors import InputError, MissingDependencyError
from pipeline_optimization.sources import FileSource, Source, StreamSource, TextSource, UrlSource, read_chunks
from pipeline_optimization.sources.stream import InputStream


class Failing:
    """A raw stream that gives ``data`` and then raises or returns ``then``."""

    def __init__(self, data: bytes, then: object) -> None:
        self.data = data
        self.then = then

    def read(self, size: int = -1, /) -> Any:
        if self.data:
            block, self.data = self.data[:size], self.data[size:]
            return block
        if isinstance(self.then, BaseException):
            raise self.then
        return self.then

    def close(self) -> None:
        self.data = b""


def failing_source(then: object) -> Source:
    return StreamSource(cast("BinaryIO", Failing(b"word " * 300, then)), "-")


def test_all_is_sorted_and_true() -> None:
    """Every public name exists; constants and classes come before functions, as ruff sorts them."""
    assert sorted(sources.__all__, key=lambda name: (not name.isupper(), name[0].islower(), name)) == sources.__all__
    assert all(hasattr(sources, name) for name in sources.__all__)


def test_a_text_is_read_as_utf_8() -> None:
    """Lone surrogates, which have no UTF-8, become question marks."""
    source = TextSource("größer \ud800 😀")
    assert source.name == "text"
    with source.open() as stream:
        assert stream.read() == "größer ? 😀".encode()


def test_a_text_does_not_flood_its_repr() -> None:
    """A traceback or a log does not print a whole book."""
    assert "word" not in repr(TextSource("word " * 1000))


def test_a_file_is_named_as_its_path(tmp_path: Path) -> None:
    """A str and a Path give equal sources."""
    path = tmp_path / "a.txt"
    path.write_bytes(b"cat")
    assert FileSource(path) == FileSource(str(path))
    assert FileSource(path).name == str(path)
    with FileSource(path).open() as stream:
        assert stream.read() == b"cat"
    assert stream.closed


def test_closing_a_stream_source_leaves_the_stream_open() -> None:
    """Standard input stays with its owner."""
    stream = io.BytesIO(b"one two")
    assert [chunk.data for chunk in read_chunks(StreamSource(stream, "-"), 100)] == [b"one two"]
    assert not stream.closed


def test_a_stream_source_is_read_once() -> None:
    """A second reading would find nothing left and count too little in silence."""
    source = StreamSource(io.BytesIO(b"one two"), "-")
    source.open()
    with pytest.raises(InputError) as caught:
        source.open()
    assert str(caught.value) == "'-' is a stream and was read already; save it to a file to read it more than once"


@pytest.mark.parametrize("error", [OSError(errno.EIO, os.strerror(errno.EIO)), RuntimeError("connection lost")])
def test_a_failure_in_the_middle_is_an_input_error(error: Exception) -> None:
    """Whatever a stream raises, the error names the source and the place; chunks before it are kept."""
    chunks = read_chunks(failing_source(error), 1000)
    assert next(chunks).data == b"word " * 200
    with pytest.raises(InputError) as caught:
        list(chunks)
    reason = "Input/output error" if isinstance(error, OSError) else "connection lost"
    assert str(caught.value) == (
        f"Reading '-' failed after 1,500 bytes: {reason}; check the disk or the connection, then try again"
    )
    assert caught.value.source == "-"
    assert caught.value.__cause__ is error


@pytest.mark.parametrize("error", [KeyboardInterrupt(), MemoryError()])
def test_interrupts_and_exhausted_memory_are_not_disguised(error: BaseException) -> None:
    """They say nothing about the source."""
    with pytest.raises(type(error)):
        list(read_chunks(failing_source(error), 1000))


def test_a_non_blocking_stream_is_refused() -> None:
    """None means "no data yet", and must not pass for the end."""
    with pytest.raises(InputError) as caught:
        list(read_chunks(failing_source(None), 1000))
    assert str(caught.value) == "'-' has no data ready: it is a non-blocking stream; open it in blocking mode"


def test_a_text_stream_is_refused() -> None:
    """Characters are not bytes; the error says what to pass instead."""
    with pytest.raises(InputError) as caught:
        list(read_chunks(StreamSource(cast("BinaryIO", io.StringIO("cat")), "-"), 1000))
    assert (
        str(caught.value) == "'-' returned str instead of bytes; open it in binary mode (sys.stdin.buffer, mode 'rb')"
    )


def test_an_input_stream_is_a_binary_stream() -> None:
    """It can be read in all ways, and at the end asks nothing more of the stream below."""
    raw = Failing(b"one\ntwo\nthree", b"")
    stream = InputStream(raw, "x")
    assert stream.readable()
    assert stream.read(0) == b""
    assert stream.readline() == b"one\n"
    assert stream.read1(2) == b"tw"
    assert stream.read(100) == b"o\nthree"
    raw.then = AssertionError("read after the end")
    assert stream.read(1) == b""
    assert stream.read() == b""


@pytest.mark.parametrize("action", ["check", "open"])
def test_a_path_that_cannot_be_opened_is_an_input_error(action: str, tmp_path: Path) -> None:
    """Missing, below a file, a NUL in it, a loop of links, too long: each has a text with what to do."""
    (tmp_path / "file").write_bytes(b"cat")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    hint = "check the name (an input is a path, a glob, '-' for standard input, or a URL with ://)"
    other = "check the name, and the disk or the connection behind it"
    for name, reason in {
        "missing": f"No such file or directory; {hint}",
        "file/below": f"Not a directory; {hint}",
        "nul\0": f"{{cause}}; {other}",
        "loop": f"{os.strerror(errno.ELOOP)}; {other}",
        "x" * 5000: f"{os.strerror(errno.ENAMETOOLONG)}; {other}",
    }.items():
        path = os.path.join(tmp_path, name)
        with pytest.raises(InputError) as caught:
            getattr(FileSource(path), action)()
        cause = caught.value.__cause__  # Python 3.11 and 3.13 put it differently for NUL
        assert str(caught.value) == f"{path!r} cannot be read: {reason.replace('{cause}', str(cause))}"
        assert caught.value.source == path


@pytest.mark.parametrize("action", ["check", "open"])
def test_a_file_without_permission_is_an_input_error(
    action: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Simulated, as root may read every file."""

    def refuse(*_: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    path = str(tmp_path / "secret")
    Path(path).write_bytes(b"cat")
    monkeypatch.setattr("builtins.open", refuse)
    monkeypatch.setattr("os.access", lambda *_: False)
    with pytest.raises(InputError) as caught:
        getattr(FileSource(path), action)()
    assert str(caught.value) == (
        f"{path!r} cannot be read: Permission denied; get permission to read it, or name another input"
    )


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes are of POSIX")
def test_checking_a_named_pipe_does_not_open_it(tmp_path: Path) -> None:
    """Opening it would wait for a writer, or end one: <(zcat x.gz) is such a path."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    FileSource(path).check()


def memory_url(name: str, data: bytes) -> str:
    fsspec = pytest.importorskip("fsspec")
    fsspec.filesystem("memory").pipe(f"/{name}", data)
    return f"memory://{name}"


def test_a_url_is_read_through_fsspec() -> None:
    """Any scheme of fsspec's will do; .gz is decompressed."""
    for url in (memory_url("a.txt", b"one two"), memory_url("a.txt.gz", gzip.compress(b"one two"))):
        source = UrlSource(url)
        source.check()
        assert source.name == url
        assert [chunk.data for chunk in read_chunks(source, 100)] == [b"one two"]


def test_a_url_to_nothing_is_an_input_error() -> None:
    """What fsspec raises comes as an InputError from open()."""
    memory_url("a.txt", b"")
    with pytest.raises(InputError) as caught:
        UrlSource("memory://missing.txt").open()
    assert str(caught.value) == (
        "'memory://missing.txt' cannot be read: No such file; check the name "
        "(an input is a path, a glob, '-' for standard input, or a URL with ://)"
    )


def test_whatever_a_file_system_raises_is_an_input_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """The exceptions of network libraries are no OSError."""
    fsspec = pytest.importorskip("fsspec")

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("token expired")

    monkeypatch.setattr(type(fsspec.filesystem("memory")), "_open", fail)
    with pytest.raises(InputError) as caught:
        UrlSource("memory://a.txt").open()
    assert str(caught.value) == (
        "'memory://a.txt' cannot be read: token expired; check the name, and the disk or the connection behind it"
    )


@pytest.mark.parametrize("action", ["check", "open"])
def test_a_url_without_fsspec_says_what_to_install(action: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The package fsspec is optional."""
    monkeypatch.setitem(sys.modules, "fsspec", None)
    with pytest.raises(MissingDependencyError) as caught:
        getattr(UrlSource("https://example.org/a.txt"), action)()
    assert str(caught.value).startswith(
        "Reading the URL 'https://example.org/a.txt' needs the package fsspec, which is not installed: pip install 'fsspec>="
    )
    assert caught.value.package == "fsspec"
    assert caught.value.source == "https://example.org/a.txt"


@pytest.mark.parametrize("url", ["sftp://host/a.txt", "filecache::sftp://host/a.txt"])
def test_a_url_whose_file_system_is_missing_says_what_to_install(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """For most schemes fsspec itself imports a package."""
    pytest.importorskip("fsspec")
    monkeypatch.setitem(sys.modules, "paramiko", None)
    monkeypatch.delitem(sys.modules, "fsspec.implementations.sftp", raising=False)
    with pytest.raises(MissingDependencyError) as caught:
        UrlSource(url).check()
    assert str(caught.value).startswith(
        f"Reading the URL {url!r} needs the package 'paramiko', which cannot be imported"
    )
    assert re.search(r"\): pip install 'fsspec>=[\d.]+' paramiko$", str(caught.value))
    assert caught.value.package == "paramiko"


@pytest.mark.parametrize("action", ["check", "open"])
def test_an_unknown_scheme_is_named(action: str) -> None:
    """A typing mistake in the scheme shows before any work."""
    pytest.importorskip("fsspec")
    with pytest.raises(InputError) as caught:
        getattr(UrlSource("htps://example.org/a.txt"), action)()
    assert str(caught.value) == (
        "The URL 'htps://example.org/a.txt' has the unknown scheme 'htps'; use one that fsspec knows, such as https"
    )
