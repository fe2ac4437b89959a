"""One kind of work at a time: it is probed, all ways of running are foreseen, and each of them, and ``auto``, is run."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from attrs import evolve

from foresight_score.kinds import Kind, Way, ways_for
from foresight_score.measuring import Case, Foreseen, foresee_ways, probe, real_run
from foresight_score.scoring import Best, Taken
from pipeline_optimization.foresight.advice import advise
from pipeline_optimization.foresight.simulate import Prediction
from pipeline_optimization.foresight.work import WorkModel
from pipeline_optimization.registry import Registry

__all__ = ["held_against", "number_of_runs"]

LONG = 10.0
"""Seconds that the best way takes of a run that tells what ``auto`` costs."""

RIVALS = 2
"""How many of the best ways are tried on it, since the best of a short run need not be the best of a long one."""


def number_of_runs(kind: Kind, *, is_short: bool) -> int:
    """Return how many runs a kind of work takes, its recordings included."""
    return (
        (1 if is_short else 2)
        + len(ways_for(kind, is_short=is_short))
        + _has_auto(kind, is_short=is_short) * len(kind.retries)
    )


def held_against(
    kind: Kind, registry: Registry, *, seed: int, share: float, is_short: bool, tick: Callable[[], object]
) -> tuple[list[Case], list[Taken]]:
    """Return the runs of a kind of work, and what the advice and ``auto`` took; the short form has no advice, as it has few ways.

    Predictions are made from a recording of ``share`` of the elements with other draws than those of the runs, and from one with the same draws:
    then the same calls are slow in both. In which order they come, and which fail several times, is still chance. The short form has only the
    latter, since it must tell a broken model from a call that happens to be as slow as all others together.
    """
    ways = ways_for(kind, is_short=is_short)
    seen = probe(kind, seed=seed if is_short else seed + 1, share=share)
    tick()
    foreseen = foresee_ways(registry, seen.work, ways)
    same_draws: Sequence[Prediction | None] = [None] * len(ways)
    if not is_short:
        same_draws = [one.prediction for one in foresee_ways(registry, probe(kind, seed=seed, share=share).work, ways)]
        tick()
    cases = []
    for one, way, same in zip(foreseen, ways, same_draws, strict=True):
        made = real_run(kind, way, seed=seed)
        is_comparable = not (made.is_disturbed or seen.made.is_disturbed or (is_short and kind.computes))
        cases.append(
            Case(
                kind=kind.name,
                way=way,
                prediction=one.prediction,
                made=made,
                foreseen_processor=one.processor,
                is_comparable=is_comparable,
                same_draws=same,
            )
        )
        tick()
    taken = [] if is_short else [_advised(kind, retry, foreseen, cases, seen.work) for retry in kind.retries]
    for retry in kind.retries if _has_auto(kind, is_short=is_short) else ():
        of_retry = [case for case in cases if case.way.retry == retry]
        taken.append(
            _of_auto(kind, retry, seed=seed) if is_short else _of_auto_in_a_long_run(kind, of_retry, seed=seed)
        )
        tick()
    return cases, taken


def _has_auto(kind: Kind, *, is_short: bool) -> bool:
    """Return whether ``auto`` is tried: in the short form only for work that waits, whose times a busy machine changes least."""
    return "auto" in kind.orchestrators and not (is_short and kind.computes)


def _advised(kind: Kind, retry: str, foreseen: Sequence[Foreseen], cases: Sequence[Case], work: WorkModel) -> Taken:
    of_retry = [(one, case) for one, case in zip(foreseen, cases, strict=True) if case.way.retry == retry]
    arguments = [one.candidate.arguments for one, _ in of_retry]
    use = advise([one.prediction for one, _ in of_retry], arguments=arguments, work=work).use
    case = next(case for one, case in of_retry if one.prediction is use)
    return Taken(kind=kind.name, retry=retry, by="advise", way=str(case.way), seconds=case.seconds)


def _of_auto_in_a_long_run(kind: Kind, cases: Sequence[Case], *, seed: int) -> Taken:
    """Return what ``auto`` took of a run that takes ten seconds at best, with the best that is known of that run.

    In a run of a second its look would be most of the time, whatever it chose.
    """
    quickest = sorted(cases, key=lambda case: case.seconds)[:RIVALS]
    longer = _longer(kind, quickest[0], seed=seed)
    rivals = [Best(way=str(case.way), seconds=real_run(longer, case.way, seed=seed).seconds) for case in quickest]
    return evolve(_of_auto(longer, cases[0].way.retry, seed=seed), against=min(rivals, key=lambda rival: rival.seconds))


def _longer(kind: Kind, quickest: Case, *, seed: int) -> Kind:
    """Return more of the work, which takes some ten seconds in the quickest way."""
    first = evolve(kind, elements=round(kind.elements * max(1.0, LONG / quickest.seconds)))
    # If the end was most of the short run, with one slow call, ten times the elements do not take ten times as long.
    seconds = real_run(first, quickest.way, seed=seed).seconds
    return evolve(first, elements=round(first.elements * LONG / seconds)) if seconds < LONG / 2 else first


def _of_auto(kind: Kind, retry: str, *, seed: int) -> Taken:
    made = real_run(kind, Way(orchestrator="auto", workers=0, retry=retry), seed=seed)
    return Taken(
        kind=kind.name,
        retry=retry,
        by="auto",
        way=made.choice,
        seconds=made.seconds,
        is_comparable=not made.is_disturbed,
    )
