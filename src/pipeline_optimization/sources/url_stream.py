"""Streams from URLs. All bytes of a stream are of one version of the file, as far as its server or file system tells.

A file system of fsspec reads a file in blocks, with a request for each. Between two requests the file can be replaced.
"""

from __future__ import annotations

from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING

from attrs import define

from pipeline_optimization.errors import InputError
from pipeline_optimization.sources.file_state import UNKNOWN, changed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline_optimization.sources.stream import Readable
    from pipeline_optimization.sources.url import UrlFile

__all__ = ["open_url_stream"]

WEB = frozenset({"http", "https"})

COPIES = frozenset({"simplecache", "filecache"})
"""File systems that copy the whole file to this machine before they read it."""

CONNECT_SECONDS, SILENT_SECONDS = 30, 300


def open_url_stream(file: UrlFile) -> Readable:
    """Open a file behind a URL, without decompressing it.

    Its ``read`` raises InputError, at the end at the latest, if the file changed since it was opened. Other exceptions are those of the file system.
    """
    if file.protocols & WEB:
        return _open_page(file)
    state = UNKNOWN
    if not file.protocols & COPIES:
        with suppress(InputError):  # a file system that tells nothing about a file may still be able to read it
            state = file.state()
    raw: Readable = file.system.open(file.path, "rb")
    return _Watched(file, raw, state) if state else raw


@define(eq=False)
class _Watched:
    """A file whose state is compared with the first one at the end, and if reading fails."""

    file: UrlFile
    raw: Readable
    state: int

    def read(self, size: int, /) -> bytes | None:
        try:
            data = self.raw.read(size)
        except (InputError, MemoryError):
            raise
        except Exception:  # for example, the version that was opened does not exist any more
            self.file.verify(self.state)
            raise
        if not data:
            self.file.verify(self.state)
        return data

    def close(self) -> None:
        self.raw.close()


def _open_page(file: UrlFile) -> Readable:
    """Open a web page as one response. So all of it is of one version, and the server need not be able to serve parts."""
    # The size is not used, but without one fsspec makes a request for it.
    options: dict[str, object] = {"block_size": 0, "size": 1}
    settings = file.system.client_kwargs.keys() | file.system.kwargs.keys()
    if "timeout" not in settings:  # aiohttp's default ends each response after five minutes, even if data keep coming
        options["timeout"] = import_module("aiohttp").ClientTimeout(
            total=None, sock_connect=CONNECT_SECONDS, sock_read=SILENT_SECONDS
        )
    raw = file.system.open(file.path, "rb", **options)
    return _Page(file, raw, raw.r.headers)


@define(eq=False)
class _Page:
    """A response. If it is of a stored file, the server is asked at the end whether it still has the same version.

    If a file is written over while the server sends it, the response is a mixture. A page that is made for each request may differ each time, so it
    is not compared.
    """

    file: UrlFile
    raw: Readable
    headers: Mapping[str, str]

    def read(self, size: int, /) -> bytes | None:
        data = self.raw.read(size)
        if not data and _is_stored(self.headers):
            info = self.file.info_of_existing()
            if any(name in info and str(info[name]) != value for name, value in _version(self.headers).items()):
                raise changed(self.file.url)
        return data

    def close(self) -> None:
        self.raw.close()


def _is_stored(headers: Mapping[str, str]) -> bool:
    """Return whether a response is of a file on the server: the server offers parts of it, or it is older than the response."""
    if headers.get("Accept-Ranges", "none").lower() != "none":
        return True
    try:
        from email.utils import parsedate_to_datetime  # noqa: PLC0415 - it takes 7 ms, and only some web pages need it

        return parsedate_to_datetime(headers["Last-Modified"]) < parsedate_to_datetime(headers["Date"])
    except (KeyError, ValueError, TypeError):  # the server does not tell
        return False


def _version(headers: Mapping[str, str]) -> Mapping[str, str]:
    """Return what a response tells of its version, by the names that ``info`` uses."""
    told = {"ETag": "ETag", "Content-Length": "size"}
    if "Content-Encoding" in headers:  # both headers describe the compressed response
        told = {}
    told["Last-Modified"] = "Last-Modified"
    return {name: headers[header] for header, name in told.items() if header in headers}
