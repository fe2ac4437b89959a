"""Scans as records: how times grow with a text's words, or fall with more workers."""

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
    """A contender's times over sizes or numbers of workers, with the fitted law.

    Attributes:
        dimension: What changes. For ``words`` the law is t = a + b n^c; for ``workers`` it is Amdahl's law.
        contender: The contender.
        points: The times.
        parameters: The law's parameters: a, b, c, or ``serial``, the share that is not parallel.
        intervals: The 95 % intervals of the parameters.
        refusal: Why no law was fitted, or empty.
    """

    dimension: Literal["words", "workers"]
    contender: str
    points: Sequence[ScanPoint]
    parameters: Mapping[str, float] = field(factory=dict)
    intervals: Mapping[str, Interval] = field(factory=dict)
    refusal: str = ""
