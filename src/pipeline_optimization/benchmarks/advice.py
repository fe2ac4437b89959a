"""The answer of a comparison, as records: what to use, for which work, and how certain that is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from attrs import frozen

__all__ = ["Advice", "Recommendation"]


@frozen(kw_only=True)
class Advice:
    """Which installed orchestrator to use for some work, and why in words; ``use`` is empty where none can be recommended.

    ``case`` and ``profile`` are empty where it is about several. ``times_as_fast`` is the gain over ``against``, with its exact
    95 % interval. ``certain`` says whether it is: for the reference, that nothing else is as fast. ``tied`` names those
    that cannot be told from it.
    """

    work: Literal["all", "waiting", "computing"]
    case: str = ""
    profile: str = ""
    use: str = ""
    why: str = ""
    certain: bool = False
    against: str = ""
    times_as_fast: float | None = None
    interval: tuple[float, float] | None = None
    tied: Sequence[str] = ()


@frozen(kw_only=True)
class Recommendation:
    """The answer first: what to use overall, why and whether that is certain; then by kind of work and by case.

    ``files`` says what contenders show that are not installed, ``caveat`` how many rounds would make it certain.
    """

    use: str = ""
    why: str = ""
    certain: bool = False
    by_work: Sequence[Advice] = ()
    by_case: Sequence[Advice] = ()
    files: str = ""
    caveat: str = ""
