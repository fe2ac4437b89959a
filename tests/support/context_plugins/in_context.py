"""Tokenizers that find words by what stands around them: in e-mail addresses, and in a column."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from attrs import frozen

from pipeline_optimization.hookspecs import hookimpl
from pipeline_optimization.types import Component, ComponentOf, NoOptions, Tokenizer, option

ADDRESS = re.compile(r"([^\s@]+)@[^\s@]+\.[^\s@]+")


class Addresses:
    """The words of local parts of e-mail addresses: ``cat.act@example.org`` has two."""

    is_characterwise = False

    def __init__(self, options: NoOptions) -> None:
        pass

    def filter(self, text: str) -> str:
        return text

    def words(self, filtered: str) -> Iterable[str]:
        for address in ADDRESS.finditer(filtered):
            yield from filter(None, re.split(r"[._+-]+", address[1]))

    def spell(self, word: str) -> str | None:
        return word if word.isalpha() else None


@frozen(kw_only=True)
class ColumnOptions:
    number: int = option(2, help="the column whose cells are words, from 1 on", at_least=1)


class Column:
    """The cells of one column of rows that have no white space, in lower case and without quotes."""

    is_characterwise = False

    def __init__(self, options: ColumnOptions) -> None:
        self._number = options.number

    def filter(self, text: str) -> str:
        return text

    def words(self, filtered: str) -> Iterable[str]:
        for row in filtered.split():
            cells = row.split(",")
            if len(cells) >= self._number and (word := self.spell(cells[self._number - 1])):
                yield word

    def spell(self, word: str) -> str | None:
        return word.strip('"').casefold() or None


@hookimpl
def anagram_register_tokenizers() -> Sequence[ComponentOf[Tokenizer]]:
    return [
        Component(name="addresses", summary="words of e-mail addresses", factory=Addresses, options=NoOptions),
        Component(name="column", summary="cells of one column", factory=Column, options=ColumnOptions),
    ]
