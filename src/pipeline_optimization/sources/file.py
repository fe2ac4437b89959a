"""Files as sources."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, BinaryIO

from attrs import field, frozen

from pipeline_optimization.sources import failure
from pipeline_optimization.sources.compression import compression_of, load_decompressor
from pipeline_optimization.sources.decompression import open_decompressed
from pipeline_optimization.sources.file_state import UNKNOWN, WatchedFile, plain_bytes, settled_path, state_of
from pipeline_optimization.sources.url_scheme import is_url

if TYPE_CHECKING:
    from pipeline_optimization.sources.stream import Readable

__all__ = ["FileSource"]


REGULAR_READABLE = stat.S_IFREG | stat.S_IRUSR | stat.S_IRGRP | stat.S_IROTH


def _as_text(path: str | os.PathLike[str]) -> str:
    return os.fspath(path)


@frozen
class FileSource:
    """A file. It is decompressed if its suffix is .gz, .bz2, .xz or .zst.

    Attributes:
        path: Its path.
        known_size: The size that was found, for a regular uncompressed file that everyone may read. Nothing about such a file is asked again, because
            that takes long for many small files.
        known_state: Its state at that moment.
    """

    path: str = field(converter=_as_text)
    known_size: int | None = field(default=None, eq=False, repr=False)
    known_state: int = field(default=UNKNOWN, eq=False, repr=False)

    @classmethod
    def of(cls, path: str, facts: os.stat_result) -> FileSource:
        """Return the file at a path, given what ``settled_path`` said of it."""
        is_readable = facts.st_mode & REGULAR_READABLE == REGULAR_READABLE and stat.S_ISREG(facts.st_mode)
        if is_readable and compression_of(path) is None and not is_url(path):
            return cls(path, plain_bytes(facts), state_of(facts))
        return cls(path)

    @classmethod
    def at(cls, path: str) -> FileSource:
        """Return the file at a path, which is looked at once, now. If that fails, reading it will tell why."""
        try:
            return cls.of(path, settled_path(path))
        except (OSError, ValueError):  # ValueError: a NUL character in the path
            return cls(path)

    @property
    def name(self) -> str:
        return self.path

    @property
    def address(self) -> str:
        return os.path.abspath(self.path)

    def check(self) -> None:
        """Raise the InputError that ``open`` would raise, as far as it can be known now.

        A named pipe or a device is not opened, because that would take its data or end its writer.
        """
        if self.known_size is not None:
            return
        compression = compression_of(self.path)
        if compression is not None:
            load_decompressor(compression, self.name)
        if stat.S_ISREG(self._facts().st_mode) and not os.access(self.path, os.R_OK):
            self._open_raw().close()  # this raises and says why

    def plain_size(self) -> int | None:
        """Return the size in bytes of a file whose parts can be read where they are counted, or None for any other file.

        Such a file is regular, not compressed, and has no name in the form of a URL. Some files that the system makes up claim to be empty.
        """
        return self.plain_facts()[0]

    def plain_facts(self, *, is_shared: bool = False) -> tuple[int | None, int]:
        """Return ``plain_size`` and the state of the file (``file_state``) at the same moment.

        ``is_shared``: other machines, which see the same file, read its parts.
        """
        if self.known_size is not None and self.known_state and not is_shared:
            return self.known_size or None, self.known_state
        if is_url(self.path):
            return None, UNKNOWN
        if self.known_size is None and compression_of(self.path) is not None:
            return None, UNKNOWN
        facts = self._facts()
        return plain_bytes(facts) or None, state_of(facts, is_shared=is_shared)

    def open(self) -> BinaryIO:
        self._facts()
        return open_decompressed(self._open_raw, self.name, compression_of(self.path))

    def least_size(self) -> int:
        """Return how many bytes the file has on disk, or 0 if it is no regular file."""
        if self.known_size is not None:
            return self.known_size
        facts = self._facts()
        return facts.st_size if stat.S_ISREG(facts.st_mode) else 0

    def is_file(self, facts: os.stat_result) -> bool:
        """Return whether it is the regular file that ``os.stat`` described by ``facts``."""
        if not stat.S_ISREG(facts.st_mode) or self.known_size not in {None, 0, facts.st_size}:
            return False
        try:
            return os.path.samestat(os.stat(self.path), facts)
        except (OSError, ValueError):  # as above
            return False

    def _facts(self) -> os.stat_result:
        try:
            facts = settled_path(self.path)
        except (OSError, ValueError) as error:  # ValueError: a NUL character in the path
            raise failure.unreadable(self.name, error) from error
        if stat.S_ISDIR(facts.st_mode):
            raise failure.directory(self.name)
        return facts

    def _open_raw(self) -> Readable:
        try:
            file = open(self.path, "rb")  # noqa: SIM115 - the stream closes it
        except OSError as error:
            raise failure.unreadable(self.name, error) from error
        return WatchedFile(file, self.name)
