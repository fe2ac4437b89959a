"""What predictions were worth: their errors, whether intervals cover, and what following them would have cost."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from statistics import median

from attrs import frozen

from foresight_score.measuring import Case
from speed_table.alternation import Bar

__all__ = ["Regret", "Score", "score"]

SECTION = "foresight"


@frozen(kw_only=True)
class Regret:
    """How much longer the run that was chosen took than the best that was measured, as a share of the best."""

    kind: str
    chosen: str
    best: str
    share: float


@frozen(kw_only=True)
class Score:
    """The bars that predictions are held to, and the regrets of choices."""

    bars: Sequence[Bar]
    regrets: Sequence[Regret]


def score(cases: Sequence[Case], chosen: Mapping[str, Case]) -> Score:
    """Return what predictions were worth.

    Args:
        cases: All runs that were foreseen and made.
        chosen: By kind of work and retry policy, the run that the advice would take.
    """
    errors = sorted(abs(case.error) for case in cases)
    covered = sum(case.is_covered for case in cases) / len(cases)
    regrets = [_regret(name, case, cases) for name, case in chosen.items()]
    shares = sorted(one.share for one in regrets)
    bars = [
        _bar("median error of the predicted time at most 5 %", median(errors), 0.05),
        _bar("95th percentile of the error at most 15 %", _percentile(errors, 0.95), 0.15),
        Bar(
            section=SECTION,
            claim="90 % intervals cover 85 to 95 % of runs",
            found=f"{covered:.0%} of {len(cases)}",
            holds=0.85 <= covered <= 0.95,
        ),
        _bar("regret at most 5 % in 95 % of choices", _percentile(shares, 0.95), 0.05),
        _bar("regret never above 20 %", shares[-1], 0.20),
    ]
    return Score(bars=bars, regrets=regrets)


def _bar(claim: str, found: float, most: float) -> Bar:
    return Bar(section=SECTION, claim=claim, found=f"{found:.1%}", holds=found <= most)


def _percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that at least a ``share`` of all do not exceed; ``values`` rise."""
    return values[max(0, math.ceil(share * len(values)) - 1)]


def _regret(name: str, chosen: Case, cases: Sequence[Case]) -> Regret:
    rivals = [case for case in cases if case.kind == chosen.kind and case.way.retry == chosen.way.retry]
    best = min(rivals, key=lambda case: case.seconds)
    return Regret(kind=name, chosen=_title(chosen), best=_title(best), share=chosen.seconds / best.seconds - 1)


def _title(case: Case) -> str:
    return f"{case.way.orchestrator}, {case.way.workers}"
