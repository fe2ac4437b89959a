"""What predictions were worth: their errors, whether intervals cover, and what following them would have cost."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist, median

from attrs import frozen

from foresight_score.measuring import Case
from pipeline_optimization.foresight.interval import MODEL_ERROR, NORMAL_95
from speed_table.alternation import Bar

__all__ = [
    "SECTION",
    "Best",
    "Regret",
    "Score",
    "Taken",
    "chance_alone",
    "fitting_model_error",
    "percentile",
    "regret_of",
    "score",
]

SECTION = "foresight"
"""What bars of this score belong to."""

DRAWS = 200
"""Into how many equally likely parts the errors of a case are divided."""

COVERED = 0.90
"""The share of runs that intervals are made to cover."""


@frozen(kw_only=True)
class Best:
    """The best way that was measured of a run, and the seconds that it took."""

    way: str
    seconds: float


@frozen(kw_only=True)
class Taken:
    """What was taken for a kind of work under a retry policy: by the advice before the run, or by ``auto`` in its run, which took ``seconds``.

    ``is_comparable`` is as in ``Case``. ``against`` is the best way of the same run, where that is longer than those of the cases.
    """

    kind: str
    retry: str
    by: str
    way: str
    seconds: float
    is_comparable: bool = True
    against: Best | None = None


@frozen(kw_only=True)
class Regret:
    """How much longer a run took than the best that was measured, as a share of the best."""

    taken: Taken
    best: Best
    share: float


@frozen(kw_only=True)
class Score:
    """The bars that predictions are held to, and the regrets of what was taken."""

    bars: Sequence[Bar]
    regrets: Sequence[Regret]


def score(cases: Sequence[Case], taken: Sequence[Taken]) -> Score:
    """Return what predictions were worth.

    Args:
        cases: All runs that were foreseen and made.
        taken: What the advice and ``auto`` took for them, each for at least one kind of work.
    """
    covered = sum(case.is_covered for case in cases) / len(cases)
    regrets = [regret_of(one, cases) for one in taken]
    bars = [
        *_error_bars("recorded with the same draws", [case.error_with_same_draws for case in cases if case.same_draws]),
        *_error_bars("recorded with other draws", [case.error for case in cases]),
        Bar(
            section=SECTION,
            claim="90 % intervals cover 85 to 95 % of runs",
            found=f"{covered:.0%} of {len(cases)}",
            holds=0.85 <= covered <= 0.95,
        ),
    ]
    for by in dict.fromkeys(one.by for one in taken):
        shares = sorted(one.share for one in regrets if one.taken.by == by)
        bars.append(_bar(f"regret of {by} at most 5 % in 95 % of choices", percentile(shares, 0.95), 0.05))
        bars.append(_bar(f"regret of {by} never above 20 %", shares[-1], 0.20))
    return Score(bars=bars, regrets=regrets)


def _error_bars(recorded: str, errors: Sequence[float]) -> Sequence[Bar]:
    if not errors:
        return []
    rising = sorted(map(abs, errors))
    return [
        _bar(f"{recorded}, median error of the predicted time at most 5 %", median(rising), 0.05),
        _bar(f"{recorded}, 95th percentile of the error at most 15 %", percentile(rising, 0.95), 0.15),
    ]


def _bar(claim: str, found: float, most: float) -> Bar:
    return Bar(section=SECTION, claim=claim, found=f"{found:.1%}", holds=found <= most)


def fitting_model_error(cases: Sequence[Case]) -> float:
    """Return the ``MODEL_ERROR`` with which 90 % of these intervals would have covered what was measured, and no smaller one.

    What chance and few observations add to an interval stays as it was.
    """
    needed = []
    for case in cases:
        width = math.log(case.prediction.high / case.prediction.seconds)
        others = max(0.0, width**2 - (NORMAL_95 * MODEL_ERROR) ** 2)
        needed.append(math.sqrt(max(0.0, math.log(case.seconds / case.prediction.seconds) ** 2 - others)) / NORMAL_95)
    return percentile(sorted(needed), COVERED)


def chance_alone(cases: Sequence[Case]) -> float:
    """Return the 95th percentile of the error that a perfect model would have in these cases.

    Two runs of the same work differ, since other waits and failures are drawn, and a prediction can at best be right on average. How much they
    differ is what the runs in virtual time of each prediction differ by. Errors of a case are taken for log-normally distributed.
    """
    normal = [NormalDist().inv_cdf((number + 0.5) / DRAWS) for number in range(DRAWS)]
    errors = [abs(math.exp(case.prediction.chance * one) - 1) for case in cases for one in normal]
    return percentile(sorted(errors), 0.95)


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that at least a ``share`` of all do not exceed; ``values`` rise."""
    return values[max(0, math.ceil(share * len(values)) - 1)]


def regret_of(taken: Taken, cases: Sequence[Case]) -> Regret:
    """Return what it cost to take this, against the best of the cases of the same work."""
    best = taken.against
    if best is None:
        rivals = [case for case in cases if case.kind == taken.kind and case.way.retry == taken.retry]
        quickest = min(rivals, key=lambda case: case.seconds)
        best = Best(way=str(quickest.way), seconds=quickest.seconds)
    return Regret(taken=taken, best=best, share=taken.seconds / best.seconds - 1)
