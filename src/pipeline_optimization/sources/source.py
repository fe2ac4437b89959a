"""The protocol of sources, the sources that are in memory or open already, and the sources that callers may give."""

from __future__ import annotations

import io
import os
import stat
import warnings
from collections.abc import Sequence
from os import PathLike, fspath
from typing import TYPE_CHECKING, BinaryIO, Protocol, cast

from attrs import define, field, frozen

from pipeline_optimization.errors import InputError
from pipeline_optimization.sources.decompression import open_by_content
from pipeline_optimization.sources.file_state import WatchedFile

if TYPE_CHECKING:
    from pipeline_optimization.sources.stream import Readable
    from pipeline_optimization.sources.url import UrlSource

__all__ = [
    "Countable",
    "Source",
    "StreamSource",
    "TextSource",
    "address_of",
    "as_url",
    "is_file_name",
    "least_bytes",
    "sources_of",
]

MAX_NAME = 4096
"""Characters of the longest path on most systems."""


class Source(Protocol):
    """Something to read text from."""

    @property
    def name(self) -> str:
        """Return its name for messages and reports, as the user gave it."""

    def open(self) -> BinaryIO:
        """Open a binary stream of the decompressed bytes, which is a context manager.

        If something is wrong with the source, this and reading from the stream raise InputError, and no other exception. The stream is made for large
        reads. To read lines, wrap it in an ``io.BufferedReader``.
        """


@frozen
class TextSource:
    """A text in memory. Lone surrogates, which UTF-8 cannot express, are read as ``?``."""

    text: str = field(repr=False)

    @property
    def name(self) -> str:
        return "text"

    def open(self) -> BinaryIO:
        return io.BytesIO(self.text.encode(errors="replace"))


@define(eq=False)
class StreamSource:
    """A binary stream that is open already, such as ``sys.stdin.buffer``. It is not closed, because its owner does that.

    It is read once, and decompressed if it begins as a compressed file does. A second ``open`` raises InputError, because nothing would be left.
    """

    stream: BinaryIO
    name: str
    _is_opened: bool = field(default=False, init=False, repr=False)

    def open(self) -> BinaryIO:
        if self._is_opened:
            msg = f"{self.name!r} is a stream and was read already; save it to a file to read it more than once"
            raise InputError(msg, source=self.name)
        self._is_opened = True
        return open_by_content(self._watched(), self.name, owns_raw=False)

    def is_file(self, facts: os.stat_result) -> bool:
        """Return whether it reads the regular file that ``os.stat`` described by ``facts``."""
        try:
            return stat.S_ISREG(facts.st_mode) and os.path.samestat(os.fstat(self.stream.fileno()), facts)
        except (OSError, ValueError, AttributeError):  # it has no file
            return False

    def _watched(self) -> Readable:
        """Return the stream. If it reads a file, as with ``<book.txt``, it is watched for changes."""
        try:
            handle = self.stream.fileno()
            is_file = stat.S_ISREG(os.fstat(handle).st_mode)
        except (OSError, ValueError, AttributeError):  # it has no file
            return self.stream
        return WatchedFile(self.stream, self.name) if is_file else self.stream


def address_of(source: Source) -> str:
    """Return where other programs find a source: its absolute path, its URL, or empty for texts in memory and open streams."""
    return str(getattr(source, "address", ""))


def as_url(source: Source) -> UrlSource | None:
    """Return the source if it is a URL. What reads URLs is imported only if the source is none of the other kinds that this package has."""
    from pipeline_optimization.sources.file import FileSource  # noqa: PLC0415 - a text does not need it

    if isinstance(source, FileSource | TextSource | StreamSource):
        return None
    from pipeline_optimization.sources.url import UrlSource  # noqa: PLC0415 - hardly any run reads URLs

    return source if isinstance(source, UrlSource) else None


def least_bytes(sources: Sequence[Source]) -> int:
    """Return how many bytes the sources have at least. A source of unknown size, such as a pipe or a web page, counts as 0.

    A compressed file counts with its compressed size.
    """
    texts = [len(source.text) for source in sources if isinstance(source, TextSource)]
    if len(texts) == len(sources):
        return sum(texts)
    from pipeline_optimization.sources.file import FileSource  # noqa: PLC0415 - a text does not need it

    def least(source: Source) -> int:
        try:
            if isinstance(source, FileSource):  # first, because there may be very many
                return source.least_size()
            if isinstance(source, TextSource):
                return len(source.text)
            if isinstance(source, StreamSource):
                facts = os.fstat(source.stream.fileno())
                return facts.st_size if stat.S_ISREG(facts.st_mode) else 0
            if url := as_url(source):
                return url.plain_size() or 0
        except (InputError, OSError, ValueError, AttributeError):  # it has no file, or reading will tell what is wrong
            pass
        return 0

    return sum(map(least, sources))


def is_file_name(text: str) -> bool:
    """Return whether there is a file of that name."""
    return len(text) <= MAX_NAME and os.path.isfile(text)


Countable = str | PathLike[str] | BinaryIO | Source | Sequence[PathLike[str] | Source]
"""The inputs that callers may give: a text, a path, an open binary file, a source, or a list of paths and sources."""


def sources_of(given: Countable, *, call: str, frames: int, checkpoint: str | None = None) -> list[Source]:
    """Return the sources that a caller gave. Raises InputError for anything that is no source.

    Args:
        given: What the caller gave. The path of a directory stands for the text files below it.
        call: The call as messages show it, with ``{}`` for what was given.
        frames: How many functions the user's call went through, for warnings.
        checkpoint: The run's own checkpoint, which is left out of directories.
    """
    if isinstance(given, str):
        if is_file_name(given):
            _warn_of_a_name(given, call, frames)
        return [TextSource(given)]
    if isinstance(given, PathLike):
        from pipeline_optimization.sources.file import FileSource  # noqa: PLC0415 - a text needs it not

        path = fspath(given)
        file = FileSource.at(path)
        if file.known_size is None and os.path.isdir(path):  # a file that is known is not looked at again
            from pipeline_optimization.sources import checkpoint_files, expand_inputs  # noqa: PLC0415 - as above

            return expand_inputs([path], without=checkpoint_files(checkpoint))
        return [file]
    if isinstance(given, Sequence) and not hasattr(given, "decode"):
        return [
            part for one in given for part in sources_of(_part(one), call=call, frames=frames, checkpoint=checkpoint)
        ]
    if hasattr(given, "open"):
        return [cast("Source", given)]
    if hasattr(given, "read"):
        return [StreamSource(cast("BinaryIO", given), name=str(getattr(given, "name", "stream")))]
    raise _uncountable(given)


def _part(one: object) -> PathLike[str] | Source:
    """Return a member of a list. Raises InputError for a string, which could be meant as a text or as a path."""
    if isinstance(one, str):
        raise InputError(
            f"A list has paths, not strings such as {one[:80]!r}. For files make each a pathlib.Path; for texts join "
            'them: " ".join(texts).',
            source=one[:80],
        )
    return cast("PathLike[str] | Source", one)


def _warn_of_a_name(text: str, call: str, frames: int) -> None:
    """Warn that a text is also the name of a file, which the caller may have meant."""
    path, itself = call.format(f"pathlib.Path({text!r})"), call.format(f"TextSource({text!r})")
    warnings.warn(
        f"The text {text!r} is counted itself, not the file of that name. For the file: {path}. For the text, without this "
        f"warning: {itself}.",
        stacklevel=frames + 3,
    )


def _uncountable(given: object) -> InputError:
    return InputError(
        f"An input cannot be of the type {type(given).__name__}. Give a string of text, a pathlib.Path, an open binary file, or a list "
        "of paths.",
        source=repr(given)[:80],
    )
