"""The kinds of work that are foreseen. Their figures are drawn from a seed, so that nothing can be fitted to them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from random import Random
from statistics import NormalDist
from typing import Any

from attrs import evolve, field, frozen

__all__ = ["WORKERS", "Kind", "Way", "draw_kinds", "short_kinds", "values_of", "ways_for"]

SECONDS = 5.0
"""About what all the work of a kind takes one after the other: long enough to start nothing but work, short enough for sixty of them."""

RETRIES = ("exponential", "fixed")

LOCAL = ("sequential", "threaded", "asyncio", "multiprocess", "auto")
"""The orchestrators that are tried unless others are named."""


@frozen(kw_only=True)
class Kind:
    """Work of one kind.

    Args:
        name: What people call it.
        pipeline: Its name in ``functions.PIPELINES``.
        elements: How many elements the whole run has.
        value: What each of them is, or half of them are at most; steps that really compute or wait take as many milliseconds.
        spread: How much they differ: the standard deviation of their logarithm.
        computes: Whether they compute: other programs make that take longer, and waits hardly.
        tasks: What the fault profile says of its tasks; empty where the steps take time themselves.
        retries: The retry policies under which it is run.
        orchestrators: Those that run it.
    """

    name: str
    pipeline: str
    elements: int
    value: float = 0.0
    spread: float = 0.0
    computes: bool = False
    tasks: Mapping[str, Any] = field(factory=dict)
    retries: Sequence[str] = RETRIES[:1]
    orchestrators: Sequence[str] = LOCAL

    @property
    def faults(self) -> Mapping[str, Any] | str:
        return {"failures": 0, "times": 0, "task": dict(self.tasks)} if self.tasks else "none"


def values_of(value: float, spread: float, elements: int, seed: int) -> Iterator[float]:
    """Yield the elements of a run: values around ``value``, log-normally distributed; all the same without a ``spread``."""
    draws = Random(f"values {seed}")  # noqa: S311 - repeatable, not secret
    for _ in range(elements):
        yield value * math.exp(draws.gauss(0.0, spread)) if spread else value


@frozen(kw_only=True)
class Way:
    """A way of running: an orchestrator with so many workers under a retry policy."""

    orchestrator: str
    workers: int
    retry: str

    def __str__(self) -> str:
        return f"{self.orchestrator}, {self.workers}"


def _number(seconds: float) -> int:
    return max(40, round(SECONDS / seconds))


def _log_normal(draws: Random, median: float, spread: float) -> tuple[dict[str, float], float]:
    """Return a distribution with about this median, and about its mean."""
    median *= draws.uniform(0.7, 1.4)
    return {"median": round(median, 6), "p95": round(median * spread, 6)}, median * (1 + 0.18 * (spread - 1))


def draw_kinds(seed: int) -> Sequence[Kind]:
    """Return the kinds of work with figures of this seed."""
    draws = Random(f"kinds {seed}")  # noqa: S311 - repeatable, not secret
    waits, waits_mean = _log_normal(draws, 0.02, 2.0)
    fails, fails_mean = _log_normal(draws, 0.015, 1.5)
    tails, tails_mean = _log_normal(draws, 0.006, draws.uniform(8, 14))
    mixed, mixed_mean = _log_normal(draws, 0.012, 2.0)
    computes, computes_mean = _log_normal(draws, 0.005, 1.6)
    mixed_compute = round(draws.uniform(0.002, 0.004), 5)
    broken = round(draws.uniform(0.003, 0.006), 5)
    quick = draws.uniform(0.002, 0.004)
    slow = quick * draws.uniform(50, 100)
    skewed = {"min": quick, "p98": quick, "p98.5": slow, "max": slow}
    rate, computing_rate = round(draws.uniform(0.1, 0.3), 3), round(draws.uniform(0.05, 0.2), 3)
    errors = {"TimeoutError": 2, "ConnectionError": 1}
    spins, naps = draws.uniform(1.0, 4.0), draws.uniform(2.0, 6.0)
    uneven, uneven_spread = draws.uniform(1.0, 3.0), draws.uniform(0.7, 1.2)
    calls, calls_spread = draws.uniform(5.0, 20.0), draws.uniform(0.2, 0.6)
    kept, kept_spread = draws.uniform(0.6, 2.0), 1.0
    kept_share = NormalDist().cdf(-math.log(kept) / kept_spread)
    after, after_mean = _log_normal(draws, 0.015, 2.0)
    return [
        Kind(name="waiting", pipeline="fetch", elements=_number(waits_mean), tasks={"fetch": {"latency": waits}}),
        Kind(
            name="computing",
            pipeline="parse",
            elements=_number(computes_mean),
            computes=True,
            tasks={"parse": {"compute": computes}},
        ),
        Kind(
            name="mixed",
            pipeline="fetch-parse",
            elements=_number(mixed_mean + mixed_compute),
            computes=True,
            tasks={"fetch": {"latency": mixed}, "parse": {"compute": mixed_compute}},
        ),
        Kind(
            name="failing waits",
            pipeline="fetch",
            elements=_number(fails_mean),
            tasks={"fetch": {"latency": fails, "failure_rate": rate, "errors": errors}},
            retries=RETRIES,
        ),
        Kind(
            name="failing computing",
            pipeline="parse",
            elements=_number(broken),
            computes=True,
            tasks={"parse": {"compute": broken, "failure_rate": computing_rate, "errors": errors}},
            retries=RETRIES,
        ),
        Kind(name="heavy-tailed", pipeline="fetch", elements=_number(tails_mean), tasks={"fetch": {"latency": tails}}),
        Kind(
            name="skewed",
            pipeline="parse",
            elements=_number(quick * 0.98 + slow * 0.0175),
            computes=True,
            tasks={"parse": {"compute": skewed}},
        ),
        Kind(
            name="real computing",
            pipeline="spin",
            elements=_number(spins / 1000),
            value=round(spins, 3),
            computes=True,
        ),
        Kind(
            name="uneven computing",
            pipeline="spin",
            elements=_number(uneven / 1000 * math.exp(uneven_spread**2 / 2)),
            value=round(uneven, 3),
            spread=round(uneven_spread, 3),
            computes=True,
        ),
        Kind(name="real waits", pipeline="nap", elements=_number(naps / 1000), value=round(naps, 3)),
        Kind(
            name="coroutines",
            pipeline="call",
            elements=_number(calls / 1000 * math.exp(calls_spread**2 / 2)),
            value=round(calls, 3),
            spread=round(calls_spread, 3),
        ),
        Kind(
            name="filter",
            pipeline="filter-fetch",
            elements=_number(after_mean * kept_share),
            value=round(kept, 3),
            spread=kept_spread,
            tasks={"fetch": {"latency": after}},
        ),
    ]


SHORT_KINDS = ("waiting", "failing waits", "heavy-tailed", "coroutines", "computing")
"""The kinds of the short form: work that waits, whose times other programs hardly change, and one that computes, whose processor time is compared."""


def short_kinds(kinds: Sequence[Kind]) -> Sequence[Kind]:
    """Return the kinds of the short form: those that compute with less to do, and those that fail under the policy whose delays do not grow.

    With growing delays, an element that by chance fails five times in a row would be most of such a run.
    """
    return [
        evolve(kind, elements=kind.elements // 2 if kind.computes else kind.elements, retries=kind.retries[-1:])
        for kind in kinds
        if kind.name in SHORT_KINDS
    ]


WORKERS: Mapping[str, Sequence[int]] = {
    "sequential": (1,),
    "threaded": (2, 8, 32),
    "asyncio": (8, 32),
    "multiprocess": (1, 2, 4, 8),
    "dask": (1, 2),
    "ray": (1, 2),
    "spark": (1, 2),
}
"""The numbers of workers that are tried, by orchestrator. Clusters are started on this machine, which must have two processors for them."""

SHORT: Mapping[bool, Mapping[str, Sequence[int]]] = {
    False: {"threaded": (8,), "asyncio": (32,)},
    True: {"sequential": (1,), "multiprocess": (2,)},
}
"""Those of the short form, for work that waits and for work that computes."""


def ways_for(kind: Kind, *, is_short: bool) -> Sequence[Way]:
    """Return the ways of running to try for a kind of work."""
    chosen = SHORT[kind.computes] if is_short else WORKERS
    return [
        Way(orchestrator=orchestrator, workers=number, retry=retry)
        for retry in kind.retries
        for orchestrator, numbers in chosen.items()
        if orchestrator in kind.orchestrators
        for number in numbers
    ]
