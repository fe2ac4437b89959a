"""How times grow with a text's words or fall with workers, as records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from attrs import field, frozen

__all__ = ["Scan", "ScanPoint"]

Interval = tuple[float, float]


@frozen(kw_only=True)
class ScanPoint:
    """The median time at one size or number of workers."""

    x: float
    median_ms: float
    interval_ms: Interval | None


@frozen(kw_only=True)
class Scan:
    """A contender's times over sizes or workers with the fitted law, or why none was fitted (``refusal``).

    For ``words`` the law is t = a + b n^c (``parameters`` a, b, c); for ``workers`` it is Amdahl's, with ``serial``.
    """

    dimension: Literal["words", "workers"]
    contender: str
    points: Sequence[ScanPoint]
    parameters: Mapping[str, float] = field(factory=dict)
    intervals: Mapping[str, Interval] = field(factory=dict)
    refusal: str = ""
