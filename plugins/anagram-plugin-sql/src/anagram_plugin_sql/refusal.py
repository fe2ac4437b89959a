"""Which rows of many a database refuses."""

from __future__ import annotations

from collections.abc import Callable, Iterator

__all__ = ["refused_rows"]


def refused_rows(count: int, attempt: Callable[[int, int], Exception | None]) -> Iterator[tuple[int, Exception]]:
    """Yield each row that is refused, and why. When this ends, all other rows are written.

    ``attempt(start, stop)`` writes these rows and returns None, or writes none of them and returns the database's error. Rows are
    written in their order, so that a row can be found that is refused because of an earlier one. Each refused row takes at most
    log2(count) + 2 attempts.
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
            if stop - start == 1:  # the error so far was that of more rows, and may not be that of this one alone
                error = attempt(start, stop)
        if error is not None:
            yield start, error
        start = stop
