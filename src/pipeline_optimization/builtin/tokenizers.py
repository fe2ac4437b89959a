"""The tokenizers ``exercise`` (the reference rule) and ``whitespace``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from attrs import define

from pipeline_optimization.types import NoOptions

__all__ = ["ExerciseTokenizer", "WhitespaceTokenizer"]


class _ExerciseTable(dict[int, str | None]):
    """A table for ``str.translate`` that fills itself, because most texts use few of Unicode's characters."""

    def __missing__(self, code: int) -> str | None:
        char = chr(code)
        kept: str | None
        if char == "-" or char.isspace():
            kept = " "
        elif char.isascii() and char.isalnum():
            kept = char
        else:
            kept = None
        self[code] = kept
        return kept


_EXERCISE_TABLE = _ExerciseTable()


@define(eq=False)
class ExerciseTokenizer:
    """The text rule of the exercise.

    ``-`` and all white space become a space. Every other character outside ``[a-zA-Z0-9]`` is removed, which joins its neighbours (``I'll`` becomes
    ``Ill``). Words are what spaces separate.
    """

    is_characterwise: ClassVar[bool] = True

    options: NoOptions | None = None

    def filter(self, text: str) -> str:
        return text.translate(_EXERCISE_TABLE)

    def words(self, filtered: str) -> Iterable[str]:
        return filtered.split()


@define(eq=False)
class WhitespaceTokenizer:
    """Words are what white space separates, with punctuation and everything else."""

    is_characterwise: ClassVar[bool] = True

    options: NoOptions | None = None

    def filter(self, text: str) -> str:
        return text

    def words(self, filtered: str) -> Iterable[str]:
        return filtered.split()
