"""The lexicons ``gcide``, ``web2``, ``system`` and ``file:PATH``."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Literal

from attrs import frozen

from pipeline_optimization.errors import LexiconError
from pipeline_optimization.installed import version_of
from pipeline_optimization.types import NoOptions, option

__all__ = ["FileLexicon", "FileLexiconOptions", "GcideLexicon", "SystemLexicon", "Web2Lexicon"]

SYSTEM_PATHS = (Path("/usr/share/dict/words"), Path("/usr/dict/words"))


class _PackagedLexicon:
    """A word list of the package english-words."""

    def __init__(self, name: Literal["gcide", "web2"]) -> None:
        self._name = name

    @cached_property
    def identity(self) -> str:
        return f"english-words {version_of('english-words')} {self._name}"

    def words(self) -> Iterable[str]:
        from english_words import get_english_words_set  # noqa: PLC0415 - 1 MB of words that a cached index saves

        # "alpha" removes apostrophes and hyphens, as the reference tokenizer does in texts: aaron's-rod becomes aaronsrod.
        return (word for word in get_english_words_set([self._name], alpha=True, lower=True) if word.isascii())


class GcideLexicon(_PackagedLexicon):
    """The words of the GNU Collaborative International Dictionary of English."""

    def __init__(self, options: NoOptions | None = None) -> None:
        super().__init__("gcide")


class Web2Lexicon(_PackagedLexicon):
    """The words of Webster's Second International, 1934."""

    def __init__(self, options: NoOptions | None = None) -> None:
        super().__init__("web2")


MAX_BYTES = 1 << 28
"""A larger file is no list of words, but a mistake."""


@frozen(kw_only=True)
class FileLexiconOptions:
    path: str = option(
        "", help="a text file with one word a line, UTF-8, or UTF-16 by its byte order mark", is_argument=True
    )


class FileLexicon:
    """The words of a text file, one in each line. Its identity is a digest of its bytes."""

    def __init__(self, options: FileLexiconOptions) -> None:
        if not options.path:
            raise LexiconError("The lexicon 'file' needs a path: --lexicon file:PATH.", lexicon="file")
        self._path = Path(options.path).absolute()
        self._label = f"file:{options.path}"

    @cached_property
    def _content(self) -> bytes:
        try:
            if self._path.exists() and not self._path.is_file() and not self._path.is_dir():
                raise OSError("it is no regular file, and every worker has to read it")
            with self._path.open("rb") as file:
                content = file.read(MAX_BYTES + 1)
        except OSError as error:
            reason = error.strerror or str(error)
            raise LexiconError(
                f"Cannot read the lexicon {self._label}: {reason}. Name a text file with one word a line.",
                lexicon=self._label,
            ) from error
        if len(content) > MAX_BYTES:
            raise LexiconError(
                f"The lexicon {self._label} has more than {MAX_BYTES >> 20} MiB. Name a text file with one word a line.",
                lexicon=self._label,
            )
        return content

    @cached_property
    def identity(self) -> str:
        return f"sha256 {sha256(self._content).hexdigest()}"

    def words(self) -> Iterable[str]:
        from pipeline_optimization.sources.encoding import decode_marked  # noqa: PLC0415 - as in _PackagedLexicon

        return decode_marked(self._content).splitlines()


class SystemLexicon(FileLexicon):
    """The machine's own word list."""

    def __init__(self, options: NoOptions | None = None) -> None:
        path = next((p for p in SYSTEM_PATHS if p.is_file()), None)
        if path is None:
            raise LexiconError(
                f"The lexicon 'system' is missing: no {SYSTEM_PATHS[0]}. Install a word list (Debian: apt install "
                "wamerican), or name one with --lexicon file:PATH.",
                lexicon="system",
            )
        super().__init__(FileLexiconOptions(path=str(path)))
