"""Files behind URLs that are replaced, cut or removed while they are read: counts of one version, or an error, no mixture."""

from __future__ import annotations

import gzip
import os
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import fsspec
import pytest
from attrs import define, field
from fsspec.spec import AbstractBufferedFile, AbstractFileSystem

from pipeline_optimization import Registry, count_anagrams
from pipeline_optimization.errors import InputError
from pipeline_optimization.pipeline.run import Progress
from pipeline_optimization.sources import UrlSource

OLD, NEW = b"cat act ", b"dog god "
SIZE, FEW = 1_000_000, 100_000
"""Lines of a page that fsspec would read with more than one request, and of a text that a test's file system has in blocks."""

BLOCK = 1 << 16

YESTERDAY, NOW = "Thu, 26 Nov 2020 12:00:00 GMT", "Fri, 27 Nov 2020 12:00:00 GMT"


@define(eq=False)
class Site:
    """What a web server of a test has, which may change while it is read; it is told of each block that it sends."""

    content: bytes = OLD * SIZE
    headers: Mapping[str, str] = field(factory=dict)
    has_parts: bool = True
    is_overwritten: bool = False
    """Whether responses under way are of what stands there now, as where a file is written over."""
    sent: Callable[[int], None] = lambda number: None
    requests: list[str] = field(factory=list)
    url: str = ""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    site: Site

    def log_message(self, *_: object) -> None: ...

    def date_time_string(self, timestamp: float | None = None) -> str:
        return NOW

    def do_HEAD(self) -> None:
        self._answer(is_head=True)

    def do_GET(self) -> None:
        self._answer(is_head=False)

    def _answer(self, *, is_head: bool) -> None:
        site = self.site
        site.requests.append(f"{self.command} {self.headers.get('Range', '')}".strip())
        content = site.content
        if not content:
            self.send_error(404)
            return
        part = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        start, stop = (int(part[1]), int(part[2]) + 1) if part and site.has_parts else (0, len(content))
        body = content[start:stop]
        self.send_response(206 if len(body) < len(content) else 200)
        self.send_header("Content-Length", str(len(body)))
        for name, value in site.headers.items():
            self.send_header(name, value)
        self.end_headers()
        for at in () if is_head else range(0, len(body), BLOCK):
            block = body[at : at + BLOCK]
            if site.is_overwritten:
                block = site.content[start + at : start + at + len(block)].ljust(len(block))
            try:
                self.wfile.write(block)
            except ConnectionError:  # the reader has seen enough
                return
            site.sent(at // BLOCK)


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Ours", (Handler,), {"site": site}))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    site.url = f"http://127.0.0.1:{server.server_port}/book.txt"
    yield site
    server.shutdown()
    server.server_close()
    thread.join()


def becomes(site: Site, content: bytes, **headers: str) -> Callable[[int], None]:
    """Return a function that changes the page behind the first 5 MiB and more, which fsspec reads at once."""

    def change(number: int) -> None:
        if number == 100:
            site.content = content
            site.headers = {**site.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}

    return change


def counts(text: bytes, size: int = SIZE) -> Mapping[str, int]:
    """Return the right counts of a text that has two words and so many times both."""
    return dict.fromkeys(["act", "cat", "tac"] if text == OLD else ["dog", "god"], 2 * size)


def count(url: str, registry: Registry, **options: Any) -> Mapping[str, int]:
    return count_anagrams([UrlSource(url)], registry=registry, **options).anagram_counts


@pytest.mark.parametrize(
    ("name", "content", "is_overwritten"),
    [
        ("ETag", NEW * SIZE, False),
        ("ETag", NEW * SIZE, True),
        ("Last-Modified", NEW * SIZE, True),
        ("ETag", NEW * (SIZE // 10), False),
        ("ETag", NEW * (2 * SIZE), True),
    ],
)
def test_a_page_that_changes_is_no_mixture(
    name: str, content: bytes, is_overwritten: bool, site: Site, registry: Registry
) -> None:
    """Its version is compared at the end, whether its server ends the old one or sends what stands there now."""
    site.headers = {name: '"old"' if name == "ETag" else YESTERDAY, "Accept-Ranges": "bytes"}
    site.is_overwritten = is_overwritten
    site.sent = becomes(site, content, **{name.replace("-", "_"): '"new"' if name == "ETag" else NOW})
    with pytest.raises(InputError, match=r"book\.txt' changed while it was read"):
        count(site.url, registry)


def test_a_page_without_a_version_is_of_one_response(site: Site, registry: Registry) -> None:
    """It is read with one request, so that these are the old page's counts, and the new one's next time."""
    site.sent = becomes(site, NEW * SIZE)
    assert count(site.url, registry) == counts(OLD)
    assert count(site.url, registry) == counts(NEW)
    assert site.requests == ["GET", "GET"]


def test_a_page_that_is_made_for_each_request_is_read(site: Site, registry: Registry) -> None:
    """It is as new as its response, and another each time: that is no change of a file."""
    site.headers = {"Last-Modified": NOW, "ETag": '"1"'}
    site.sent = becomes(site, NEW * SIZE, ETag='"2"')
    assert count(site.url, registry) == counts(OLD)


def test_a_page_of_a_server_without_parts_is_read(site: Site, registry: Registry) -> None:
    """However long it is: 16 MB, of which fsspec alone would read 5 MiB and then give up."""
    site.has_parts = False
    site.headers = {"Last-Modified": YESTERDAY}
    assert count(site.url, registry) == counts(OLD)
    assert site.requests == ["GET", "HEAD"]


def test_a_compressed_page_that_changes_is_no_mixture(site: Site, registry: Registry) -> None:
    """Versions are compared below the decompression."""
    site.url += ".gz"
    site.content = gzip.compress(OLD * SIZE, 0)
    site.headers = {"ETag": '"old"', "Accept-Ranges": "bytes"}
    site.sent = becomes(site, gzip.compress(NEW * SIZE, 0), ETag='"new"')
    with pytest.raises(InputError, match="changed while it was read"):
        count(site.url, registry)


def test_a_page_that_is_removed_is_an_error(site: Site, registry: Registry) -> None:
    """Nobody can tell any more whether all that came was of one version."""
    site.headers = {"Last-Modified": YESTERDAY}
    site.sent = becomes(site, b"")
    with pytest.raises(InputError, match=r"book\.txt' was removed while it was read"):
        count(site.url, registry)


def test_a_page_that_is_encoded_on_its_way_is_read(site: Site, registry: Registry) -> None:
    """Its length and ETag are those of what was sent, and the server tells others where nothing is sent."""
    packed, site.headers = gzip.compress(OLD * SIZE), {"Last-Modified": YESTERDAY, "Content-Encoding": "gzip"}
    site.content = packed
    assert count(site.url, registry) == counts(OLD)


class Versions(AbstractFileSystem):  # type: ignore[misc]
    """A file system like an object store's: each block of a file is a request of its own, for what is there now."""

    protocol = "versions"
    cachable = False
    content, etag = b"", ""
    changes: Callable[[int], None] = staticmethod(lambda block: None)
    blocks = 0

    def info(self, path: str, **_: object) -> Mapping[str, object]:
        if not self.content:
            raise FileNotFoundError(path)
        return {"name": path, "size": len(self.content), "type": "file", "ETag": self.etag}

    def _open(self, path: str, mode: str = "rb", **_: object) -> AbstractBufferedFile:
        return VersionedFile(self, path, mode, block_size=BLOCK, cache_type="readahead")


class VersionedFile(AbstractBufferedFile):  # type: ignore[misc]
    def _fetch_range(self, start: int, end: int) -> bytes:
        Versions.blocks += 1
        Versions.changes(Versions.blocks)
        if not Versions.content:
            raise OSError("no such version")
        return Versions.content[start:end]


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> type[Versions]:
    fsspec.register_implementation("versions", Versions, clobber=True)
    monkeypatch.setattr(Versions, "content", OLD * FEW)
    monkeypatch.setattr(Versions, "etag", "old")
    monkeypatch.setattr(Versions, "blocks", 0)
    return Versions


@pytest.mark.parametrize("content", [NEW * FEW, NEW * (FEW // 10), NEW * (2 * FEW), b""])
@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_a_stream_of_blocks_is_of_one_version(
    suffix: str, content: bytes, store: type[Versions], registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the file system tells of the file is compared at the end, and where a block cannot be read. A mixture may not decompress."""

    def change(block: int) -> None:
        if block == 4:
            store.content, store.etag = content and pack(content), "new"

    def pack(text: bytes) -> bytes:
        return gzip.compress(text, 0) if suffix else text

    monkeypatch.setattr(store, "content", pack(OLD * FEW))
    monkeypatch.setattr(store, "changes", staticmethod(change))
    with pytest.raises(InputError, match=r"book\.txt.*' ((changed|was removed) while it was read|is damaged)"):
        count(f"versions://book.txt{suffix}", registry, chunk_size=BLOCK)


def test_a_stream_of_blocks_that_stays_is_counted(store: type[Versions], registry: Registry) -> None:
    """The file system is asked before and after, and tells the same."""
    assert count("versions://book.txt", registry) == counts(OLD, FEW)


def test_a_copied_page_is_read_whatever_it_becomes(site: Site, registry: Registry) -> None:
    """The advice to count a copy holds for pages too: ``simplecache::`` reads what it has."""
    site.headers = {"ETag": '"old"', "Accept-Ranges": "bytes"}
    site.sent = becomes(site, NEW * SIZE, ETag='"new"')
    assert count(f"simplecache::{site.url}", registry) == counts(OLD)


def test_a_text_in_memory_that_is_replaced_is_no_mixture(registry: Registry) -> None:
    """A file system that hands out what it has, too."""
    memory = fsspec.filesystem("memory")
    memory.pipe("/changing.txt", OLD * FEW)

    def change(progress: Progress) -> None:
        if progress.items == 1:
            memory.pipe("/changing.txt", NEW * FEW)

    with pytest.raises(InputError, match="changed while it was read"):
        count("memory://changing.txt", registry, chunk_size=BLOCK, on_progress=change)


@pytest.mark.skipif(not os.path.isdir("/sys/kernel"), reason="files that the system makes up are of Linux")
def test_a_made_up_file_behind_a_url_is_read_as_a_stream() -> None:
    """Like the same file without the scheme, which says that it has 4,096 bytes."""
    path = next(path for path in Path("/sys/kernel").iterdir() if path.is_file() and os.access(path, os.R_OK))
    assert UrlSource(path.as_uri()).plain_size() is None
