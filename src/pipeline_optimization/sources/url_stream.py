"""Streams from behind URLs: what one gives is all of one version, as far as its server or file system tells.

A file system of fsspec reads a file in blocks, each with a request of its own, between which the file can be replaced.
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
    """Open a file behind a URL, not decompressed.

    Its ``read`` raises InputError where the file changed since it was opened: at the end at the latest. Other exceptions
    are those of the file system.
    """
    if file.protocols & WEB:
        return _open_page(file)
    state = UNKNOWN
    if not file.protocols & COPIES:
        with suppress(InputError):  # a file system that tells nothing of a file may read it all the same
            state = file.state()
    raw: Readable = file.system.open(file.path, "rb")
    return _Watched(file, raw, state) if state else raw


@define(eq=False)
class _Watched:
    """A file that is compared with its state of before at the end, and where reading it fails."""

    file: UrlFile
    raw: Readable
    state: int

    def read(self, size: int, /) -> bytes | None:
        try:
            data = self.raw.read(size)
        except (InputError, MemoryError):
            raise
        except Exception:  # such as that the version which was opened is not there any more
            self.file.verify(self.state)
            raise
        if not data:
            self.file.verify(self.state)
        return data

    def close(self) -> None:
        self.raw.close()


def _open_page(file: UrlFile) -> Readable:
    """Open a web page as a single response, which is of one version and takes no server that serves parts."""
    options: dict[str, object] = {"block_size": 0, "size": 1}  # not used, but without it there is a request for it
    settings = file.system.client_kwargs.keys() | file.system.kwargs.keys()
    if "timeout" not in settings:  # aiohttp's own ends each response after five minutes, however well it comes
        options["timeout"] = import_module("aiohttp").ClientTimeout(
            total=None, sock_connect=CONNECT_SECONDS, sock_read=SILENT_SECONDS
        )
    raw = file.system.open(file.path, "rb", **options)
    return _Page(file, raw, raw.r.headers)


@define(eq=False)
class _Page:
    """A response; if it is of a stored file, the server is asked at the end whether it still has that version.

    A server that sends a file while it is written over sends a mixture. A page that is made for each request may well be
    another one for the next.
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
    """Return whether a response is of a file of the server: parts of it can be had, or it is older than the response."""
    if headers.get("Accept-Ranges", "none").lower() != "none":
        return True
    from email.utils import parsedate_to_datetime  # noqa: PLC0415 - takes long to import, and few runs read web pages

    try:
        from email.utils import parsedate_to_datetime  # noqa: PLC0415 - 7 ms, for servers that do not say

        return parsedate_to_datetime(headers["Last-Modified"]) < parsedate_to_datetime(headers["Date"])
    except (KeyError, ValueError, TypeError):  # it does not say
        return False


def _version(headers: Mapping[str, str]) -> Mapping[str, str]:
    """Return what a response says of its version, under the names that ``info`` has for it."""
    told = {"ETag": "ETag", "Content-Length": "size"}
    if "Content-Encoding" in headers:  # both are of what was made smaller on the way
        told = {}
    told["Last-Modified"] = "Last-Modified"
    return {name: headers[header] for header, name in told.items() if header in headers}
