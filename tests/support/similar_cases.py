"""Cases that are much alike: the default run tries some of them, and the long one the others."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

__all__ = ["some"]


def some(cases: Iterable[Any], *, every: int) -> list[Any]:
    """Mark all but the first of each ``every`` cases as slow. One that has marks of its own stays as it is."""
    return [case if number % every == 0 else _slow(case) for number, case in enumerate(cases)]


def _slow(case: Any) -> Any:
    if getattr(case, "marks", ()):
        return case
    if hasattr(case, "marks"):
        return pytest.param(*case.values, id=case.id, marks=pytest.mark.slow)
    return pytest.param(*(case if isinstance(case, tuple) else (case,)), marks=pytest.mark.slow)
