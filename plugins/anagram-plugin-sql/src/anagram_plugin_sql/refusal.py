"""Which rows of many a database refuses."""

from __future__ import annotations

from collections.abc import Callable, Iterator

__all__ = ["refused_rows"]


def refused_rows(count: int, attempt: Callable[[int, int], Exception | None]) -> Iterator[tuple[int, Exception]]:
    """Yield each row that is refused, and why; all others are written when it ends.

    ``attempt(start, stop)`` writes these rows and returns None; or it writes none of them, and returns the database's error. Rows
    are written in their order, so that a row is found that is refused because of one before it. A refused row takes at
    most log2(count) + 2 attempts.
    """
    start = 0
    while start < count:
        stop = count
        error = attempt(start, stop)
        while error is not None and stop - start > 1:
            middle = (start + stop) // 2
            found = attempt(start, middle)
            if found is not None:
                stop, error = middle, found
                continue
            start = middle
            if stop - start == 1:  # what was said of more rows need not be said of this one alone
                error = attempt(start, stop)
        if error is not None:
            yield start, error
        start = stop
