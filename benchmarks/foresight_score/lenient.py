"""The bars of the short form, which a broken model misses, and neither chance nor a busy machine.

What is predicted has the same draws as what is recorded, so that a slow call is in both. Times are compared where other programs did not disturb
them; the work waits, so that an otherwise idle machine of any speed does. Processor time is compared always, since other programs hardly change it.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from foresight_score.measuring import Case
from foresight_score.scoring import SECTION, Score, Taken, regret_of
from speed_table.alternation import Bar

__all__ = ["disturbed_sentence", "lenient_score"]

MOST_FACTOR, MOST_TYPICAL_FACTOR, MOST_PROCESSOR_FACTOR = 3.0, 1.5, 2.0
"""By what factor a measured time may lie outside of its interval, in any run and in the median; and by what factor predicted processor times may be off.

Which items fail several times, and when, is chance also with the same draws, and then the interval is wide. Such a prediction is no sign of a broken model.
"""

UNKNOWN = 0.05
"""Seconds of processors that are added to both sides of that factor. So little depends on how often threads are woken, and the system counts
processor time in hundredths of a second."""

LEAST_COVERED = 0.25
"""The share of the runs that 90 % intervals must cover at least."""

MOST_REGRET, LOOK = 1.0, 1.0
"""By which share ``auto`` may be slower than the best way, and the seconds that its look and its choice may take besides: these runs are short.

If the slowest call, which may be as long as the best run, comes in its look, it waits for that first and then for all others."""

FEW = 6
"""Fewer runs than this tell nothing of shares: by chance alone, half of them may lie outside of good intervals."""


def lenient_score(cases: Sequence[Case], taken: Sequence[Taken]) -> Score:
    """Return what predictions were worth, by lenient bars; by fewer of them where few runs were undisturbed.

    Args:
        cases: All runs that were foreseen and made.
        taken: What ``auto`` took, each for a kind of work of which there are cases.
    """
    comparable = [case for case in cases if case.is_comparable]
    regrets = [regret_of(one, cases) for one in taken]
    bars = [_processor_bar(cases)]
    if len(comparable) >= FEW:
        factors = [case.factor for case in comparable]
        covered = sum(case.is_covered for case in comparable) / len(comparable)
        bars += [
            _factor_bar(
                f"measured times are outside of their intervals by a factor of {MOST_FACTOR:g} at most",
                max(factors),
                MOST_FACTOR,
            ),
            _factor_bar(f"and of {MOST_TYPICAL_FACTOR:g} in the median", median(factors), MOST_TYPICAL_FACTOR),
            Bar(
                section=SECTION,
                claim=f"90 % intervals cover at least {LEAST_COVERED:.0%} of runs",
                found=f"{covered:.0%} of {len(comparable)}",
                holds=covered >= LEAST_COVERED,
            ),
        ]
    for one, regret in zip(taken, regrets, strict=True):
        best = regret.best.seconds
        is_known = one.is_comparable and all(
            case.is_comparable for case in cases if (case.kind, case.way.retry) == (one.kind, one.retry)
        )
        if is_known:
            bars.append(
                Bar(
                    section=SECTION,
                    claim=f"{one.kind}: auto takes at most {1 + MOST_REGRET:g} times as long as the best way, and {LOOK:g} s",
                    found=f"{one.seconds:.2f} s and {best:.2f} s",
                    holds=one.seconds <= (1 + MOST_REGRET) * best + LOOK,
                )
            )
    return Score(bars=bars, regrets=regrets)


def disturbed_sentence(cases: Sequence[Case]) -> str:
    """Return what to say of runs that other programs disturbed; nothing if none was."""
    shares = [case.made.delayed / case.seconds for case in cases if case.made.is_disturbed]
    if not shares:
        return ""
    return (
        f"The machine is loaded: in {len(shares)} of {len(cases)} runs the program had to wait for a processor, "
        f"for {max(shares):.0%} of its time in the worst of them. Times that this disturbed tell nothing of predictions."
    )


def _processor_bar(cases: Sequence[Case]) -> Bar:
    pairs = [(case.foreseen_processor + UNKNOWN, case.made.processor + UNKNOWN) for case in cases]
    factors = [max(pair) / min(pair) for pair in pairs]
    claim = f"predicted processor times, with {UNKNOWN:g} s more each, are off by a factor of {MOST_PROCESSOR_FACTOR:g} at most"
    return _factor_bar(claim, max(factors), MOST_PROCESSOR_FACTOR)


def _factor_bar(claim: str, found: float, most: float) -> Bar:
    return Bar(section=SECTION, claim=claim, found=f"{found:.2f}", holds=found <= most)
