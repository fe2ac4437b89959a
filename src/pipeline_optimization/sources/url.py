"""URLs as sources, through fsspec."""

from __future__ import annotations

import os
import re
import stat
from hashlib import blake2b
from importlib import import_module
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol, cast

from attrs import frozen

from pipeline_optimization.errors import InputError, MissingDependencyError
from pipeline_optimization.registry.installing import how_to_add
from pipeline_optimization.sources.compression import Compression, compression_of, load_decompressor
from pipeline_optimization.sources.decompression import open_decompressed
from pipeline_optimization.sources.failure import unreadable
from pipeline_optimization.sources.file_state import UNKNOWN, changed, plain_bytes, removed
from pipeline_optimization.sources.url_scheme import SCHEME
from pipeline_optimization.sources.url_stream import open_url_stream

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import ModuleType

    from pipeline_optimization.sources.stream import Readable

__all__ = ["UrlFile", "UrlSource"]

_SHARED = frozenset(
    "abfs abfss adl az file gcs gs hdfs local oci oss s3 s3a sftp smb ssh webhdfs webhdfss".split()  # noqa: SIM905
)
"""Schemes whose files can be read in parts from any machine. A web server may not serve parts, and ``memory`` belongs to one process."""

_VERSIONS = ("ETag", "etag", "mtime", "LastModified", "last_modified", "updated", "modified", "generation", "md5Hash")
"""The names that file systems have for facts that change with a file's content."""

_STATES = (
    "size",
    *_VERSIONS,
    "Last-Modified",
    "Content-MD5",
    "created",
    "created_at",
    "modified_at",
    "modify",
    "ino",
    "modification_time",
    "modificationTime",
    "version_id",
)
"""The same, and facts that may change while the content stays. They are enough to notice during a run that a file was replaced."""


class _FileSystem(Protocol):
    """The used part of ``fsspec.AbstractFileSystem``, which has no type hints."""

    protocol: str | tuple[str, ...]
    kwargs: Mapping[str, object]
    client_kwargs: Mapping[str, object]
    """Settings of requests. Only file systems of the web have them, and the options of ``open`` below."""

    def info(self, path: str, /) -> Mapping[str, object]: ...

    def open(self, path: str, mode: str, /, **options: object) -> Any: ...

    def cat_file(self, path: str, /, *, start: int, end: int) -> bytes: ...

    def invalidate_cache(self, path: str, /) -> None: ...


@frozen
class UrlFile:
    """A plain file of a file system of fsspec."""

    url: str
    system: _FileSystem
    path: str

    def info(self) -> Mapping[str, object]:
        """Return what the file system says of the file now. Raises InputError if it says nothing."""
        try:
            self.system.invalidate_cache(self.path)
            return self.system.info(self.path)
        except Exception as error:  # as in UrlSource.open
            raise unreadable(self.url, error) from error

    @property
    def protocols(self) -> frozenset[str]:
        """Return the schemes of its file system. For a chained URL they are those of the outermost one."""
        protocol = self.system.protocol
        return frozenset((protocol,) if isinstance(protocol, str) else protocol)

    def is_made_up(self) -> bool:
        """Return whether it is a file of this machine that claims a size which may be wrong (``plain_bytes``)."""
        try:
            return "file" in self.protocols and not plain_bytes(os.stat(self.path))
        except OSError:  # reading will tell what is wrong
            return False

    def state(self) -> int:
        """Return a number that changes if the file changes, as far as its file system tells.

        Raises InputError if the file system says nothing.
        """
        return _state_of(self.info())

    def info_of_existing(self) -> Mapping[str, object]:
        """Return ``info`` of a file that existed before. If it was removed, the InputError says so."""
        try:
            return self.info()
        except InputError as error:
            if isinstance(error.__cause__, FileNotFoundError):
                raise removed(self.url) from error.__cause__
            raise

    def verify(self, state: int) -> None:
        """Raise InputError if the file does not have that state any more, or was removed."""
        if _state_of(self.info_of_existing()) != state:
            raise changed(self.url)

    def read(self, start: int, size: int) -> bytes:
        """Return the bytes that there are. Raises InputError if they cannot be read."""
        try:
            return bytes(self.system.cat_file(self.path, start=start, end=start + size))
        except Exception as error:  # as above
            raise unreadable(self.url, error, after=start) from error


def _state_of(info: Mapping[str, object]) -> int:
    told = repr([(name, str(info[name])) for name in _STATES if name in info])
    return int.from_bytes(blake2b(told.encode(), digest_size=8).digest()) | 1


@frozen
class UrlSource:
    """A file behind a URL of any scheme that fsspec knows. It is decompressed by its suffix, like a file."""

    url: str

    @property
    def name(self) -> str:
        return self.url

    @property
    def address(self) -> str:
        return self.url

    def check(self) -> None:
        """Raise the InputError that ``open`` would raise, as far as it can be known without a connection."""
        self._file_systems()
        compression = self.compression
        if compression is not None:
            load_decompressor(compression, self.name)

    def open(self) -> BinaryIO:
        self._file_systems()
        return open_decompressed(self._open_raw, self.name, self.compression)

    def plain_size(self) -> int | None:
        """Return the size in bytes of a file whose parts can be read by anyone who knows the URL, or None for any other file.

        Raises InputError if there is no such file.
        """
        return self.plain_facts()[0]

    def plain_facts(self, *, is_shared: bool = False) -> tuple[int | None, int]:
        """Return ``plain_size`` and the state of the file at the same moment. The state is the same on all machines."""
        info = self._plain_info()
        return (None, UNKNOWN) if info is None else (cast("int", info["size"]), _state_of(info))

    def is_file(self, facts: os.stat_result) -> bool:
        """Return whether it is the regular file of this machine that ``os.stat`` described by ``facts``."""
        try:
            file = self.file()
            is_local = "file" in file.protocols and stat.S_ISREG(facts.st_mode)
            return is_local and os.path.samestat(os.stat(file.path), facts)
        except Exception:  # noqa: BLE001 - whatever is wrong with it, reading will tell
            return False

    def version(self) -> str | None:
        """Return a text that stays equal only while the file is the same, as far as its file system tells.

        It is None, or raises InputError, as for ``plain_size``.
        """
        info = self._plain_info()
        return (
            None if info is None else ", ".join(f"{name} {info[name]}" for name in ("size", *_VERSIONS) if name in info)
        )

    def _plain_info(self) -> Mapping[str, object] | None:
        scheme, _, rest = self.url.partition("://")
        if scheme.lower() not in _SHARED or "::" in rest or self.compression is not None:
            return None
        file = self.file()
        info = file.info()
        size = info.get("size")
        is_plain = isinstance(size, int) and size > 0 and info.get("type") == "file" and not file.is_made_up()
        return info if is_plain else None

    def file(self) -> UrlFile:
        """Return the file, not decompressed. Its file system is opened, and fsspec keeps it."""
        self._file_systems()
        try:
            system, path = self._fsspec().core.url_to_fs(self.url)
        except Exception as error:  # as in open
            raise unreadable(self.name, error) from error
        return UrlFile(self.url, system, path)

    def _open_raw(self) -> Readable:
        file = self.file()
        try:
            return open_url_stream(file)
        except (InputError, MemoryError):
            raise
        except Exception as error:  # any type: aiohttp's and botocore's errors are no OSErrors
            raise unreadable(self.name, error) from error

    @property
    def compression(self) -> Compression | None:
        """Return the compression of the suffix, which comes before an HTTP query or fragment, and before ``::``."""
        first = next((part for part in self.url.split("::") if "://" in part), self.url)
        is_http = first.lower().startswith(("http://", "https://"))
        return compression_of(re.split(r"[?#]", first)[0] if is_http else first)

    def _fsspec(self) -> ModuleType:
        try:
            return import_module("fsspec")
        except ImportError as error:
            raise MissingDependencyError(
                f"Reading the URL {self.url!r} needs the package fsspec, which is not installed: {how_to_add('url')}",
                source=self.name,
                package="fsspec",
            ) from error

    def _file_systems(self) -> None:
        """Import what the schemes of the URL need, so that a missing package or an unknown scheme is noticed early."""
        fsspec = self._fsspec()
        match = SCHEME.match(self.url)
        for scheme in match["schemes"].split("::") if match else ():
            try:
                fsspec.get_filesystem_class(scheme)
            except ImportError as error:
                cause = error.__cause__ if isinstance(error.__cause__, ImportError) else error
                package = cause.name or scheme
                raise MissingDependencyError(
                    f"Reading the URL {self.url!r} needs the package {package!r}, which cannot be imported "
                    f"({error}): {how_to_add('url', package)}",
                    source=self.name,
                    package=package,
                ) from error
            except ValueError as error:
                msg = (
                    f"The URL {self.url!r} has the unknown scheme {scheme!r}; use one that fsspec knows, such as https"
                )
                raise InputError(msg, source=self.name) from error
