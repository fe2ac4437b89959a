"""``@task(retry=…, timeout=…)``: a task's calls are treated as it says, and those of others as the run says."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

import policy_functions as f
from pipeline_optimization import Pipeline, PipelineReport, run, task
from pipeline_optimization.builtin.retry_policies import FixedOptions, FixedPolicy
from pipeline_optimization.engine.limits import Limits
from pipeline_optimization.engine.virtual import Fate, VirtualOrchestrator
from pipeline_optimization.engine.wire import decode_call
from pipeline_optimization.errors import InjectedFault, OptionError
from pipeline_optimization.pipeline.model.contents import decode_contents
from pipeline_optimization.tasks.retry_task import retry
from pipeline_optimization.types import Attempt

VALUES = Pipeline("p").values(int)
AT_ONCE = {"base": 0.0}


@pytest.mark.parametrize(
    ("name", "attempts"), [("by_the_run", 2), ("named", 10), ("with_options", 3), ("built", 4), ("never_again", 1)]
)
def test_a_tasks_own_policy_wins(name: str, attempts: int) -> None:
    """Named, named with options, or built: it says how often an element is tried whose function failed, whatever the run says."""
    orchestrator = VirtualOrchestrator(2)
    pipeline = VALUES.map(getattr(f, name)).map(f.double).sum()
    report = run(pipeline, [1, 13], orchestrator=orchestrator, retry_options={"attempts": 2, **AT_ONCE})
    assert report.result == 2
    assert [failed.attempts for failed in report.failed_items] == [attempts]


def test_it_decides_on_injected_faults_too() -> None:
    """With its delays, in the time of the simulation: three attempts of 1 s and two delays of 5 s, all halved."""
    orchestrator = VirtualOrchestrator(2)
    report = run(
        VALUES.map(f.doomed).sum(), [1], orchestrator=orchestrator, faults="exercise", latency_scale=0.5, retry="none"
    )
    assert report.failures == {("doomed", "InjectedFault"): 1}
    assert orchestrator.clock.now() == 0.5 * (3 * 1 + 2 * 5)


def test_a_budget_is_the_tasks_own() -> None:
    """What elements of other tasks use up of the run's budget is none of it, and the other way round."""
    report = run(
        VALUES.map(f.with_budget).map(f.double).sum(),
        [13, 13, 1],
        orchestrator=VirtualOrchestrator(1),
        retry_options={"budget": 0},
    )
    assert report.tasks["with_budget"].retries == 3


def test_a_timeout_is_exact_in_virtual_time() -> None:
    """An attempt ends when its time is over and is made again after the policy's delay; the run's own limit does not matter."""
    orchestrator = VirtualOrchestrator(2)
    report = run(
        VALUES.map(f.slow).sum(),
        [1],
        orchestrator=orchestrator,
        faults="latency",
        latency_scale=1.0,
        limits=Limits(item_timeout=100.0),
    )
    assert report.failures == {("slow", "ItemTimeout"): 1}
    assert report.failed_items[0].attempts == 3
    assert orchestrator.clock.now() == 3 * 2 + 2 * 5


def test_a_longer_timeout_wins_as_well() -> None:
    """A task that may take longer than others has the time that it says."""
    report = run(
        VALUES.map(f.in_time).sum(),
        [1],
        orchestrator=VirtualOrchestrator(2),
        faults="latency",
        latency_scale=1.0,
        limits=Limits(item_timeout=1.0),
    )
    assert (report.result, report.is_complete) == (1, True)


@pytest.mark.parametrize("orchestrator", ["sequential", "threaded", "asyncio", "multiprocess"])
def test_a_coroutine_that_hangs_is_cancelled(orchestrator: str) -> None:
    """Its element fails with a timeout, and all others are in the result: the step before and the step after are others' time."""
    report = run(VALUES.map(f.double).map(f.awaits_long).map(f.double).sum(), [1, 2], orchestrator=orchestrator)
    assert report.result == 12
    report = run(VALUES.map(f.awaits_long).map(f.double).sum(), range(10, 16), orchestrator=orchestrator)
    assert report.result == 2 * (10 + 11 + 12 + 14 + 15)
    assert report.failures == {("awaits_long", "ItemTimeout"): 1}
    # An orchestrator of threads cannot end the attempt. The worker's own event loop does so, which the orchestrator does not know.
    message = report.failed_items[0].error.message
    assert "nothing can end it" not in message
    assert "so it goes on" not in message


def test_a_process_that_hangs_is_ended() -> None:
    """Only the element that it hangs at is lost."""
    report = run(
        VALUES.map(f.hangs).map(f.double).sum(),
        range(10, 16),
        orchestrator="multiprocess",
        orchestrator_options={"workers": 2},
    )
    assert report.result == 2 * (10 + 11 + 12 + 14 + 15)
    assert report.failures == {("hangs", "ItemTimeout"): 1}


@pytest.mark.parametrize("orchestrator", ["sequential", "threaded", "asyncio"])
def test_who_is_late_has_failed(orchestrator: str) -> None:
    """Also where nothing could end it: its result does not count."""
    report = run(VALUES.map(f.late).sum(), range(10, 16), orchestrator=orchestrator)
    assert report.result == 10 + 11 + 12 + 14 + 15
    assert report.failures == {("late", "ItemTimeout"): 1}


class Hanging:
    """An adversary by whom each attempt hangs that has 13 among its elements."""

    def fates(self, attempt: Attempt, latency: float) -> Sequence[Fate]:
        values = [value for _, value in next(decode_contents(decode_call(attempt.payload).data).reads()).elements]
        return [Fate(math.inf if 13 in values else latency)]


def test_a_bundle_that_takes_too_long_is_split() -> None:
    """Under the run's own limit, elements that go together do not fail together: the others are in the result."""
    report = run(
        VALUES.map(f.double).sum(),
        range(200),
        orchestrator=VirtualOrchestrator(2, adversary=Hanging()),
        limits=Limits(item_timeout=5.0),
        retry="none",
    )
    assert report.result == 2 * (sum(range(200)) - 13)
    assert [(failed.place, failed.error.type) for failed in report.failed_items] == [("value 14: 13", "ItemTimeout")]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"retry": 7}, "retry= takes the name of a policy"),
        ({"retry": ("fixed", 3)}, "retry= takes the name of a policy"),
        ({"retry": FixedPolicy}, "a policy that is built"),
        ({"timeout": 0}, "timeout= takes a number of seconds above 0, not 0"),
        ({"timeout": float("nan")}, "timeout= takes"),
        ({"limit": 0}, "limit= takes a whole number of calls of at least 1, not 0"),
        ({"limit": 2.0}, "limit= takes"),
        ({"limit": True}, "limit= takes"),
        (
            {"rate": "50"},
            "rate= takes a whole number of calls from 1 to 1,000,000 and a time, as in '50/s', .* not '50'",
        ),
        ({"rate": "0/s"}, "rate= takes"),
        ({"rate": "0.5/s"}, "For fewer than one call a second, take the minute"),
        ({"rate": "50/day"}, "rate= takes"),
        ({"rate": "1000001/h"}, "rate= takes"),
        ({"rate": "9" * 5000 + "/s"}, "rate= takes"),
        ({"rate": 50}, "rate= takes .* not 50"),
        ({"burst": 5}, "burst= .* give rate= with it"),
        (
            {"rate": "50/s", "burst": 51},
            "burst= takes a whole number of calls from 1 to the 50 that the rate '50/s' allows, not 51",
        ),
        ({"rate": "50/s", "burst": 0}, "burst= takes"),
    ],
)
def test_mistakes_are_told_where_they_are_made(arguments: Mapping[str, Any], words: str) -> None:
    """What cannot be a policy, a time or a number is refused by the decorator, which names the function with its place."""
    decorator: Any = task
    with pytest.raises(OptionError, match=rf"^@task of double \(.*policy_functions.py, line \d+\): .*{words}"):
        decorator(**arguments)(f.double)


@pytest.mark.parametrize(("name", "words"), [("misspelt", "fixed"), ("wrong_option", "tries")])
def test_unknown_policies_are_told_before_anything_runs(name: str, words: str) -> None:
    """With the name of the task."""
    with pytest.raises(OptionError, match=f"task '{name}'.*{words}"):
        run(VALUES.map(getattr(f, name)).sum(), [1])


def test_direct_calls_go_by_the_same_policy(monkeypatch: pytest.MonkeyPatch) -> None:
    """``retry(task, argument)`` tries as often as a run would, whatever the environment says of other tasks."""
    for name, value in (("ANAGRAM_FAULTS", "exercise"), ("ANAGRAM_LATENCY_SCALE", "0"), ("ANAGRAM_RETRY", "none")):
        monkeypatch.setenv(name, value)
    calls = []

    @task(failure_rate=1.0, retry=FixedPolicy(FixedOptions(attempts=4, delay=0.0)))
    def fails(argument: str) -> str:
        return argument

    def counted(argument: str) -> str:
        calls.append(argument)
        return fails(argument)

    counted.spec = fails.spec  # type: ignore[attr-defined]  # what makes a task of it
    with pytest.raises(InjectedFault):
        retry(counted, "cat")
    assert len(calls) == 4


def test_the_report_is_the_same_for_all() -> None:
    """Result and ledger do not depend on the orchestrator where tasks have policies of their own."""
    found = set()
    for orchestrator in ("sequential", "threaded", "multiprocess", VirtualOrchestrator(3)):
        report: PipelineReport[int] = run(
            VALUES.map(f.with_options).map(f.awaits_long).sum(), [*range(14), 14], orchestrator=orchestrator
        )
        found.add((report.result, report.ledger_digest, report.attempts))
    assert len(found) == 1
