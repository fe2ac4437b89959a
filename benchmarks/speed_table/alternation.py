"""Programs measured in turn, so that a busy machine is busy for all of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from statistics import median

from attrs import frozen

__all__ = ["Bar", "Program", "Ratio", "Section", "Timing", "alternate", "ratio_of"]

Program = Callable[[], "tuple[float | None, object]"]
"""Does its job once. Returns its own measure of the seconds, or None to be timed as a whole, and what it found."""


@frozen(kw_only=True)
class Ratio:
    """The median of the rounds' ratios, with the lowest and the highest."""

    median: float
    lowest: float
    highest: float

    def __str__(self) -> str:
        return f"{self.median:.2f} ({self.lowest:.2f} to {self.highest:.2f})"


@frozen(kw_only=True)
class Timing:
    """Seconds of one program on one input, by round. ``size`` is in bytes."""

    section: str
    program: str
    input: str
    size: int
    seconds: Sequence[float]

    @property
    def median(self) -> float:
        return median(self.seconds)

    @property
    def speed(self) -> float:
        """Return megabytes (10**6 bytes) a second."""
        return self.size / 1e6 / self.median


@frozen(kw_only=True)
class Bar:
    """What is asked of a ratio or a figure, and whether it held."""

    section: str
    claim: str
    found: str
    holds: bool

    def __str__(self) -> str:
        return f"{'holds ' if self.holds else 'MISSED'}  {self.claim}: {self.found}"


@frozen(kw_only=True)
class Section:
    """What one part of the table found; ``facts`` are lines for people."""

    timings: Sequence[Timing] = ()
    facts: Sequence[str] = ()
    bars: Sequence[Bar] = ()


def alternate(
    section: str, source: str, size: int, programs: Mapping[str, Program], rounds: int, *, warms_up: bool = True
) -> Mapping[str, Timing]:
    """Run all programs in turn, once more than there are rounds if the first time only warms up.

    Raises SystemExit where two programs found something different; one that finds None takes no part in that.
    """
    seconds: dict[str, list[float]] = {name: [] for name in programs}
    for number in range(0 if warms_up else 1, rounds + 1):
        found = {}
        for name, program in programs.items():
            start = time.perf_counter()
            own, result = program()
            taken = time.perf_counter() - start if own is None else own
            if result is not None:
                found[name] = result
            if number:
                seconds[name].append(taken)
        if len(set(found.values())) > 1:
            raise SystemExit(f"{section}, {source}: the programs do not find the same: {found}.")
    return {
        name: Timing(section=section, program=name, input=source, size=size, seconds=values)
        for name, values in seconds.items()
    }


def ratio_of(slower: Timing, faster: Timing) -> Ratio:
    """Return how many times as fast ``faster`` is, by round."""
    ratios = [(a / slower.size) / (b / faster.size) for a, b in zip(slower.seconds, faster.seconds, strict=True)]
    return Ratio(median=median(ratios), lowest=min(ratios), highest=max(ratios))
