"""Lines and sorted signatures in one text each, as they come from the cache.

Cutting a text into 100,000 lines and putting them into a dictionary takes a fifth of a small run, which looks up a few. Those
are found in the text; all of it is cut where many are asked for.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from itertools import accumulate

__all__ = ["KeptLines", "KeptNumbers", "marks_of"]

STEP = 100
"""Every so many lines their place is known. Files have these places: whoever changes this changes the files' format."""

FEW = 1000
"""So many look-ups take as long as a tenth of cutting all."""


def marks_of(lines: Iterable[str]) -> list[int]:
    """Return where every ``STEP``-th line begins, in characters, when each ends with a line feed."""
    return list(accumulate((len(line) + 1 for line in lines), initial=0))[::STEP]


class KeptLines:
    """The lines of a text, with their ``marks_of``."""

    def __init__(self, text: str, marks: Sequence[int], number: int) -> None:
        self.text = text
        self._marks = marks
        self._number = number
        self._left = FEW
        self._all: list[str] | None = None

    def __len__(self) -> int:
        return self._number

    def __iter__(self) -> Iterator[str]:
        return iter(self.all())

    def __getitem__(self, number: int) -> str:
        self._left -= 1
        if self._all is None and self._left >= 0:
            mark, rest = divmod(number, STEP)
            stop = self._marks[mark + 1] if mark + 1 < len(self._marks) else None
            return self.text[self._marks[mark] : stop].split("\n")[rest]
        return self.all()[number]

    def all(self) -> list[str]:
        """Return all lines."""
        if self._all is None:
            self._all = self.text.split("\n")
        return self._all

    def find(self, line: str) -> int | None:
        """Return the number of a line, by bisection of the text; its lines must be sorted."""
        text, low, high = self.text, 0, len(self.text)
        while low <= high:
            middle = (low + high) // 2
            start = max(low, text.rfind("\n", low, middle) + 1)
            stop = text.find("\n", middle)
            stop = len(text) if stop < 0 else stop
            found = text[start:stop]
            if found == line:
                mark = bisect_right(self._marks, start) - 1
                return mark * STEP + text.count("\n", self._marks[mark], start)
            if found < line:
                low = stop + 1
            else:
                high = start - 1
        return None


class KeptNumbers:
    """The numbers of groups by their signatures, which are strings: sorted ones, with the number of each in this order.

    Threads may share it: what was returned to one of them stays right when another has a dictionary made.
    """

    def __init__(self, signatures: KeptLines, numbers: array[int]) -> None:
        self._signatures = signatures
        self._numbers = numbers
        self._left = FEW
        self._all: dict[Hashable, int] | None = None

    def getter(self, how_many: int) -> Callable[[Hashable], int | None]:
        """Return what gives the number of a signature, or None, and will be called so many times."""
        self._left -= how_many
        if self._all is None:
            if self._left >= 0:
                return self._find
            self._all = dict(zip(self._signatures, self._numbers, strict=True))
        return self._all.get

    def _find(self, signature: Hashable) -> int | None:
        place = self._signatures.find(signature) if isinstance(signature, str) else None
        return None if place is None else self._numbers[place]
