"""The answer of a comparison, as records: what to use for which work, and how certain that is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from attrs import frozen

__all__ = ["Advice", "Recommendation"]


@frozen(kw_only=True)
class Advice:
    """The installed orchestrator to use for some work, and the reason.

    Attributes:
        work: The kind of work.
        case: The case, or empty if it is about several.
        profile: The profile, or empty if it is about several.
        use: The orchestrator, or empty if none can be recommended.
        why: The reason as sentences.
        certain: Whether the gain is certain. If the reference itself is recommended: whether everything else is certainly slower.
        against: The contender that the gain refers to.
        times_as_fast: The gain.
        interval: The exact 95 % interval of the gain.
        tied: The contenders without a measurable difference to it.
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
    """The answer of a comparison.

    Attributes:
        use: What to use overall.
        why: The reason as sentences.
        certain: Whether that is certain.
        by_work: The advice for each kind of work.
        by_case: The advice for each case.
        files: What contenders that are not installed show.
        caveat: How many rounds would make it certain, if there were too few.
    """

    use: str = ""
    why: str = ""
    certain: bool = False
    by_work: Sequence[Advice] = ()
    by_case: Sequence[Advice] = ()
    files: str = ""
    caveat: str = ""
