"""``@task(limit=…, rate=…)``: never more calls than a scarce service allows, nobody kept waiting for it, and no time lost."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import count, pairwise, product
from typing import Any

import pytest
from attrs import define, frozen

from independent_items import IndependentItems, start
from pipeline_optimization import Limits, Pipeline, PipelineReport, run, task
from pipeline_optimization.engine.faults import TaskFaults
from pipeline_optimization.engine.quota import Quota, rate_of
from pipeline_optimization.engine.virtual import Fate
from pipeline_optimization.engine.work import Item, TaskPolicy
from pipeline_optimization.types import Attempt, Capabilities
from quota_watch import QuotaWatch, check_quotas, starts_allowed
from similar_cases import some

VALUES = Pipeline("p").values(int)
MOST_STEPS = 10_000
RATES = ("1/s", "7/s", "50/s", "300/min", "90/h")


def same(value: int) -> int:
    return value


def scarce(name: str, *, seconds: float = 1.0, **arguments: Any) -> Any:
    """Return a task of its own that takes so many seconds, and may be called so often."""

    def function(value: int) -> int:
        return value

    function.__name__ = name
    decorator: Any = task
    return decorator(sleep_time=seconds, **arguments)(function)


def run_virtually(pipeline: Any, number: int, watch: QuotaWatch, **options: Any) -> PipelineReport[Any]:
    return run(
        pipeline, range(number), orchestrator=watch, **{"faults": "latency", "latency_scale": 1.0, "seed": 1, **options}
    )


@frozen
class Scripted:
    """An adversary that decides by a function of the attempt; None stands for the attempt's own latency."""

    decide: Callable[[Attempt], Sequence[Fate] | None]

    def fates(self, attempt: Attempt, latency: float) -> Sequence[Fate]:
        return self.decide(attempt) or [Fate(latency)]


@pytest.mark.parametrize(("limit", "slots"), some(product([1, 3, 8, 100], [1, 2, 8, None]), every=3))
def test_a_limit_is_kept_and_used(limit: int, slots: int | None) -> None:
    """As many calls as it allows are under way at once, never more, and the run takes just as long as that takes."""
    watch = QuotaWatch(slots)
    report = run_virtually(VALUES.map(scarce("f", limit=limit)).sum(), 30, watch)
    at_once = min(limit, slots or 100, 30)
    assert report.result == sum(range(30))
    assert watch.most("f") == at_once
    assert watch.clock.now() == math.ceil(30 / at_once)


@pytest.mark.parametrize(("text", "burst"), some(product(RATES, [None, 1, "all"]), every=4))
def test_a_rate_is_kept_and_used(text: str, burst: int | str | None) -> None:
    """Calls begin at just those times at which the rate allows them: in no window are there more, and none is late."""
    rate = rate_of(text)
    rate = rate_of(text, rate.calls if burst == "all" else burst)
    watch = QuotaWatch()
    run_virtually(VALUES.map(scarce("f", rate=text, burst=rate.burst)).sum(), 120, watch)
    check_quotas(watch, {"f": Quota(rate=rate)})
    assert watch.starts["f"] == pytest.approx(starts_allowed(rate, 120))


def test_calls_are_spread_by_default() -> None:
    """A tenth of a second's calls may begin at once, so that a late wake-up costs nothing; of slow rates it is one."""
    assert [rate_of(text).burst for text in ("1/s", "50/s", "1000/s", "1000/min", "1000/h")] == [1, 5, 100, 1, 1]


@pytest.mark.parametrize("text", RATES)
def test_limit_and_rate_go_together(text: str) -> None:
    """Calls of different lengths keep both, and take no longer than the floor that the report states allows."""
    watch = QuotaWatch(50, adversary=Scripted(lambda attempt: [Fate(0.1 + (attempt.id * 7 % 5))]))
    quota = Quota(limit=4, rate=rate_of(text))
    report = run_virtually(VALUES.map(scarce("f", rate=text, limit=4)).sum(), 60, watch, faults="none")
    check_quotas(watch, {"f": quota})
    assert report.summary.floor <= watch.clock.now() * 1000
    assert report.result == sum(range(60))


@pytest.mark.parametrize(
    ("arguments", "floor"), [({"limit": 3}, 10.0), ({"rate": "1/s"}, 30.0), ({"rate": "30/min"}, 59.0)]
)
def test_the_floor_is_what_quotas_allow(arguments: Mapping[str, Any], floor: float) -> None:
    """The report's floor is the time that 30 calls of 1 s take at best, and the run takes it."""
    watch = QuotaWatch()
    report = run_virtually(VALUES.map(scarce("f", **arguments)).sum(), 30, watch)
    assert report.summary.floor == pytest.approx(floor * 1000)
    assert watch.clock.now() == pytest.approx(floor)


def test_who_waits_keeps_nobody_waiting() -> None:
    """While elements wait for their turn at one step, those that had it are at the next ones: as on an assembly line."""
    watch = QuotaWatch(3)
    pipeline = VALUES.map(scarce("f", limit=1)).map(scarce("g", seconds=2.0)).map(scarce("h", limit=1)).sum()
    report = run_virtually(pipeline, 20, watch)
    assert report.result == sum(range(20))
    # Three workers, of which each second at most one is at f, two at g, and one at h.
    assert watch.clock.now() <= 20 * 4 / 3 + 4


def test_others_go_ahead_though_many_wait() -> None:
    """However many wait for a quota, what others made possible goes on at once, and not when there is room among them."""
    watch = QuotaWatch(10)
    pipeline = VALUES.map(scarce("f", rate="1/min")).map(scarce("g")).sum()
    run_virtually(pipeline, 50, watch, limits=Limits(parked=5))
    assert watch.starts["g"] == pytest.approx([begun + 1 for begun in watch.starts["f"]])


def test_steps_of_one_function_share_its_quota() -> None:
    """A service knows nothing of steps: calls of both count."""
    locate = scarce("f", limit=2)
    watch = QuotaWatch()
    run_virtually(VALUES.map(locate).map(same).map(locate).sum(), 10, watch)
    assert watch.clock.now() == 10.0


def test_namesakes_have_quotas_of_their_own() -> None:
    """Two functions that are called alike are two services."""
    watch = QuotaWatch()
    run_virtually(VALUES.map(scarce("f", limit=1)).map(scarce("f", limit=1)).sum(), 10, watch)
    assert watch.clock.now() == 11.0


def test_retries_are_calls_too() -> None:
    """They wait for their turn like others, go before new ones, and the ledger and the result are the same as without a quota."""
    found = set()
    for quota in (None, Quota(limit=2), Quota(rate=rate_of("5/s"))):
        watch = QuotaWatch()
        arguments: dict[str, Any] = {} if quota is None else {"limit": quota.limit, "rate": quota.rate and "5/s"}
        flaky = scarce("f", failure_rate=0.5, **arguments)
        report = run_virtually(VALUES.map(flaky).sum(), 40, watch, faults="exercise", retry_options={"attempts": 100})
        assert len(watch.starts["f"]) == report.attempts > 40
        check_quotas(watch, {"f": quota})
        found.add((report.result, report.ledger_digest))
    assert len(found) == 1


def test_waiting_takes_none_of_the_timeout() -> None:
    """An attempt's time begins with its call."""
    watch = QuotaWatch()
    report = run_virtually(VALUES.map(scarce("f", seconds=2.0, limit=1, timeout=3.0)).sum(), 20, watch)
    assert report.is_complete
    assert watch.clock.now() == 40.0


def long_calls(number: int, seconds: float) -> Scripted:
    """Return an adversary by whom the first ``number`` calls of ``f`` take so long."""
    calls = count()
    return Scripted(lambda attempt: [Fate(seconds)] if attempt.item.startswith("f:") and next(calls) < number else None)


@pytest.mark.parametrize("can_kill", [True, False])
def test_an_abandoned_call_keeps_its_place(can_kill: bool) -> None:
    """What nothing can end may still be at the service, so it counts until it is back; what was ended does not."""
    watch = QuotaWatch(8, adversary=long_calls(1, 9.0), can_kill=can_kill)
    report = run_virtually(
        VALUES.map(scarce("f", limit=2, timeout=5.0, retry=("fixed", {"delay": 0}))).sum(), 20, watch
    )
    assert report.result == sum(range(20))
    assert watch.most("f") == 2
    # 20 calls of a second and one of 5 s or 9 s, in two places.
    assert watch.clock.now() == pytest.approx(13.0 if can_kill else 15.0, abs=0.6)


def test_calls_that_hang_for_good_stop_the_run() -> None:
    """Where they take up the whole limit, nothing can go on: after their timeout once more the run says so, and can be resumed."""
    watch = QuotaWatch(8, adversary=long_calls(2, math.inf), can_kill=False)
    report = run_virtually(VALUES.map(scarce("f", limit=2, timeout=5.0)).sum(), 20, watch)
    assert report.stop is not None
    assert report.stop.kind == "abandoned"
    assert (
        report.stop.reason
        == "as many calls of f hang as its limit allows at once, and this orchestrator cannot end them"
    )
    assert 10 <= watch.clock.now() < 12


@pytest.mark.parametrize("arguments", [{"limit": 2}, {"rate": "2/s"}, {"limit": 1, "rate": "30/min"}])
def test_lost_workers_give_their_place_back(arguments: Mapping[str, Any]) -> None:
    """Whoever loses a worker is called again in its turn; suspects run alone, and within the quota."""
    losses: Counter[str] = Counter()

    def decide(attempt: Attempt) -> Sequence[Fate] | None:
        losses[attempt.item] += 1
        return [Fate(0.5, "lost")] if attempt.item.startswith("f") and losses[attempt.item] <= 2 else None

    watch = QuotaWatch(8, adversary=Scripted(decide))
    report = run_virtually(VALUES.map(scarce("f", **arguments)).sum(), 10, watch)
    assert report.result == sum(range(10))
    assert report.lost == 20
    quota = Quota(limit=arguments.get("limit"), rate=rate_of(arguments["rate"]) if "rate" in arguments else None)
    check_quotas(watch, {"f": quota})


def test_a_suspect_that_waits_for_its_turn_stops_nobody() -> None:
    """Others run until it may be called; only then is everything else let end."""
    losses: Counter[str] = Counter()

    def decide(attempt: Attempt) -> Sequence[Fate] | None:
        losses[attempt.item] += 1
        return [Fate(0.5, "lost")] if attempt.item == "f:0:0" and losses["f:0:0"] <= 2 else None

    watch = QuotaWatch(8, adversary=Scripted(decide))
    run_virtually(VALUES.map(scarce("g", limit=1)).map(scarce("f", rate="6/min")).sum(), 30, watch)
    assert losses["f:0:0"] == 3
    begun = watch.starts["g"]
    assert max(after - before for before, after in pairwise(begun)) <= 3.0
    check_quotas(watch, {"f": Quota(rate=rate_of("6/min"))})


def ends_soon() -> Callable[[], bool]:
    """Return what stops a run that goes round and round, and lets no time pass."""
    asked = count()
    return lambda: next(asked) > MOST_STEPS


def test_nothing_waits_in_a_busy_loop() -> None:
    """A turn that has come is no reason to look again and again while it cannot be taken: others must end first, or too many wait."""
    losses: Counter[str] = Counter()

    def decide(attempt: Attempt) -> Sequence[Fate] | None:
        losses[attempt.item] += 1
        if attempt.item == "f:0:1":
            return [Fate(0.5, "lost")] if losses["f:0:1"] <= 2 else None
        return [Fate(100.0)] if attempt.item == "f:0:0" else None

    watch = QuotaWatch(8, adversary=Scripted(decide))
    report = run_virtually(VALUES.map(scarce("f", rate="1/s")).sum(), 5, watch, should_stop=ends_soon())
    assert (report.stop, report.result) == (None, 10)

    watch = QuotaWatch(8)
    fails = scarce("f", failure_rate=1.0, rate="1/s", retry=("fixed", {"attempts": 2, "delay": 100}))
    options = {"faults": "exercise", "limits": Limits(parked=5, breaker=0), "should_stop": ends_soon()}
    report = run_virtually(VALUES.map(fails).sum(), 20, watch, **options)
    assert (report.stop, report.failures) == (None, {("f", "InjectedFault"): 20})


def test_first_come_first_served() -> None:
    """Who comes just when a turn is free does not get it before those that wait; who has failed goes before those that are new."""
    called: list[int] = []

    @task(limit=1, sleep_time=1.0, retry=("fixed", {"delay": 0}))
    def note(value: int) -> int:
        called.append(value)
        if called.count(value) == 1 and value in {3, 5}:
            raise ValueError
        return value

    # One more comes each half second, and each turn takes one.
    arriving = Scripted(lambda attempt: [Fate(1 + attempt.id / 2)] if attempt.item.startswith("g") else None)
    run_virtually(VALUES.map(scarce("g")).map(note).sum(), 9, QuotaWatch(adversary=arriving))
    assert called == [0, 1, 2, 3, 3, 4, 5, 5, 6, 7, 8]


@pytest.mark.parametrize("announces", [True, False])
def test_a_rate_counts_from_starts(announces: bool) -> None:
    """Where nobody tells them, no call is handed out that could not start at once: in a queue, calls that were spread would gather."""
    watch = QuotaWatch(2, adversary=Scripted(lambda attempt: [Fate(1 + attempt.id * 7 % 5)]))
    watch.capabilities = Capabilities(can_kill=True, announces_start=announces)
    pipeline = VALUES.map(scarce("g")).map(scarce("f", rate="1/s")).map(scarce("h")).sum()
    report = run_virtually(pipeline, 40, watch)
    assert report.result == sum(range(40))
    check_quotas(watch, {"f": Quota(rate=rate_of("1/s"))})


@define(eq=False)
class Watched(IndependentItems):
    """Notes how many of its items were read and have not ended."""

    most_waiting: int = 0

    def items(self) -> Iterator[Item]:
        for number in range(self.size):
            self.read += 1
            self.most_waiting = max(self.most_waiting, self.read - len(self.results))
            yield Item(id=str(number), task="echo", data=self.data)


@pytest.mark.parametrize("limits", [Limits(parked=10), Limits(open_bytes=1000)])
@pytest.mark.parametrize("quota", [Quota(limit=1), Quota(rate=rate_of("1/s"))])
def test_memory_is_bounded_while_items_wait(limits: Limits, quota: Quota) -> None:
    """No more of the input is read than may be kept, by number and by bytes, however long it waits."""
    workload = Watched(300, data=b"x" * 100)
    start(workload, slots=4, limits=limits, policies={"echo": TaskPolicy(quota=quota)}, faults=TaskFaults(0.0, 1.0))
    assert len(workload.results) == 300
    assert workload.most_waiting <= 10 + 4 + 2


def test_a_stopped_run_starts_nothing_more() -> None:
    """What waits for its quota when the run is stopped is unfinished, and not failed."""
    watch = QuotaWatch(8)
    report = run_virtually(
        VALUES.map(scarce("f", limit=1)).collect(), 30, watch, limits=Limits(deadline=4.5, grace=5.0)
    )
    assert report.stop is not None
    assert not report.failed_items
    assert len(watch.starts["f"]) == len(report.result) == 5
