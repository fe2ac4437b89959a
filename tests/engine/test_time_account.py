"""Where the time of a run's slots went: exact figures in virtual time, and the identity on real runs."""

from __future__ import annotations

import asyncio
import gc
import json
import math
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from attrs import evolve, frozen
from hypothesis import example, given, settings
from hypothesis import strategies as st

from command import ended_here
from independent_items import IndependentItems, Takes, start
from pipeline_optimization import Pipeline, count_anagrams, run
from pipeline_optimization.builtin.retry_policies import FixedOptions, FixedPolicy, NoRetry
from pipeline_optimization.engine.draws import uniform
from pipeline_optimization.engine.faults import TaskFaults
from pipeline_optimization.engine.limits import Limits
from pipeline_optimization.engine.virtual import Adversary, Fate, VirtualOrchestrator
from pipeline_optimization.engine.waiting import Turns, metered
from pipeline_optimization.engine.wire import decode_answer, encode_answer
from pipeline_optimization.observing.products import digest_of
from pipeline_optimization.observing.reading import EventReader
from pipeline_optimization.registry import Registry
from pipeline_optimization.types import (
    Attempt,
    AttemptEnded,
    Completion,
    FaultProfile,
    OpenContext,
    Quantiles,
    TaskProfile,
    TaskRetried,
    TimeAccount,
)
from pipeline_optimization.types.events import EngineEvent


def account_of(seconds: Sequence[float], slots: int | None = 2, **more: object) -> TimeAccount:
    orchestrator = VirtualOrchestrator(slots, adversary=Takes(seconds))
    engine, _, _ = start(IndependentItems(len(seconds)), orchestrator=orchestrator, **more)  # type: ignore[arg-type]
    account = engine.announcer.account(0.0, orchestrator.clock.now())
    assert account is not None
    return account


def test_three_attempts_on_two_slots() -> None:
    """Attempts of 1, 2 and 3 seconds on two slots take 4 seconds, and the second slot has nothing to do in the last 2 of them."""
    assert account_of([1.0, 2.0, 3.0]) == TimeAccount(wall=4.0, slots=2, wait=6.0, idle=2.0)


def test_more_slots_than_attempts() -> None:
    """Slots that never get an attempt are idle all the time."""
    assert account_of([1.0], slots=3) == TimeAccount(wall=1.0, slots=3, wait=1.0, idle=2.0)


def test_as_many_slots_as_attempts() -> None:
    """Where slots cost nothing, there are as many as attempts that were under way at once."""
    assert account_of([1.0, 1.0, 2.0], slots=None) == TimeAccount(wall=2.0, slots=3, wait=4.0, idle=2.0)


def test_a_retry_that_nothing_else_fills_the_time_of() -> None:
    """A slot without work is a retry's delay while an item waits for its next attempt, one slot for each such item, and idle otherwise."""
    policy = FixedPolicy(FixedOptions(delay=5.0, attempts=2))
    faults = TaskFaults(failure_rate=1.0)
    account = account_of([1.0], slots=3, policy=policy, faults=faults)
    assert account == TimeAccount(wall=7.0, slots=3, wait=2.0, retry_delay=5.0, idle=14.0)
    busy = account_of([1.0, 1.0], slots=1, policy=policy, faults=faults)
    assert busy == TimeAccount(wall=8.0, slots=1, wait=4.0, retry_delay=4.0)  # the second runs in the first one's delay


def test_an_attempt_that_is_lost_or_ended_held_its_slot() -> None:
    """What a slot did until its worker died, or its attempt was ended as too late, counts as computing: nobody measured it."""
    takes = Takes([3.0, 1.0], lost=frozenset({"echo:0"}))
    orchestrator = VirtualOrchestrator(1, adversary=takes)
    engine, _, _ = start(IndependentItems(2), orchestrator=orchestrator, limits=Limits(poison_losses=9))
    assert engine.announcer.account(0.0, orchestrator.clock.now()) == TimeAccount(
        wall=7.0, slots=1, compute=3.0, wait=4.0
    )
    late = account_of([math.inf, 1.0], policy=NoRetry(), limits=Limits(item_timeout=4.0))
    assert late == TimeAccount(wall=4.0, slots=2, compute=4.0, wait=1.0, idle=3.0)


class NewProcesses(VirtualOrchestrator):
    """Has one process, and another one as soon as that has died or was ended with its attempt. Answers take half a second to come back."""

    def __init__(self, adversary: Adversary) -> None:
        super().__init__(1, adversary=adversary)
        self.capabilities = evolve(self.capabilities, isolation="process")
        self._process = 1

    def poll(self, timeout: float) -> list[Completion]:
        completions = []
        for one in super().poll(timeout):
            payload = one.payload
            if one.status == "done":
                answer = decode_answer(payload)
                payload = encode_answer(answer._replace(seconds=answer.seconds - 0.5, waited=answer.waited - 0.5))
            completions.append(evolve(one, worker=f"process {self._process}", payload=payload))
            self._process += one.status == "lost"
        return completions

    def cancel(self, attempt_id: int) -> bool:
        self._process += 1
        return super().cancel(attempt_id)


@pytest.mark.parametrize(("first", "lost"), [(3.0, {"echo:0"}), (math.inf, set[str]())])
def test_a_new_process_was_not_starting_while_the_old_one_ran(first: float, lost: set[str]) -> None:
    """Its first attempt was handed out before, and waited in the queue meanwhile. What answers take to come back is transport all the same."""
    orchestrator = NewProcesses(Takes([first, 1.5, 1.5], lost=frozenset(lost)))
    limits = Limits(poison_losses=1, item_timeout=3.0)
    engine, _, _ = start(IndependentItems(3), orchestrator=orchestrator, limits=limits, policy=NoRetry())
    assert engine.announcer.account(0.0, orchestrator.clock.now()) == TimeAccount(
        wall=6.0, slots=1, compute=3.0, wait=2.0, transport=1.0
    )


class OneNeverBegins(VirtualOrchestrator):
    """Has two processes and cannot end attempts. The first attempt waits until it is cancelled. The third one runs in a process that starts for 3 s."""

    def __init__(self) -> None:
        super().__init__(2, adversary=Takes([math.inf, 3.0, 4.0]))
        self.capabilities = evolve(self.capabilities, isolation="process", can_kill=False, announces_start=False)

    def open(self, context: OpenContext) -> None:
        super().open(evolve(context, started=lambda attempt_id: None))

    def poll(self, timeout: float) -> list[Completion]:
        completions = []
        for one in super().poll(timeout):
            payload = one.payload
            if one.id == 3:
                payload = encode_answer(decode_answer(payload)._replace(seconds=1.0, waited=1.0))
            completions.append(evolve(one, worker="second" if one.id == 3 else "first", payload=payload))
        return completions

    def cancel(self, attempt_id: int) -> bool:
        self._running.discard(attempt_id)
        return super().cancel(attempt_id)


def test_no_process_ends_with_an_attempt_that_has_not_begun() -> None:
    """So it does not look as if another process had started only after that, and its start is no transport."""
    orchestrator = OneNeverBegins()
    engine, _, _ = start(
        IndependentItems(3), orchestrator=orchestrator, limits=Limits(item_timeout=5.0), policy=NoRetry()
    )
    assert engine.announcer.account(0.0, orchestrator.clock.now()) == TimeAccount(
        wall=7.0, slots=2, compute=5.0, wait=4.0, driver=3.0, idle=2.0
    )


def test_an_abandoned_attempt_holds_its_slot() -> None:
    """An attempt that nothing can end keeps its slot busy after nobody waits for it any more."""
    takes = Takes([math.inf, 2.0, 2.0, 2.0])
    orchestrator = VirtualOrchestrator(2, adversary=takes, can_kill=False)
    limits = Limits(item_timeout=3.0)
    engine, _, _ = start(IndependentItems(4), orchestrator=orchestrator, limits=limits, policy=NoRetry())
    assert engine.announcer.account(0.0, orchestrator.clock.now()) == TimeAccount(
        wall=6.0, slots=2, compute=6.0, wait=6.0
    )


@frozen
class Chaos:
    """An adversary that draws how long attempts take, whether their workers die, and whether they hang or are heard of twice."""

    seed: int
    loss: float
    hang: float

    def fates(self, attempt: Attempt, latency: float) -> Sequence[Fate]:
        def draw(what: str) -> float:
            return uniform(self.seed, attempt.id, what)

        took = 0.001 + 2.0 * draw("took") ** 3
        if draw("hang") < self.hang:
            return [Fate(math.inf)]
        if draw("loss") < self.loss:
            return [Fate(took, "lost")]
        return [Fate(took), Fate(took * 1.5)] if draw("twice") < 0.1 else [Fate(took)]


def retry_delay_of(events: Sequence[EngineEvent], slots: int, end: float) -> float:
    """Return the free slots for which there was an item that waited for its retry, over all time until the end: from events alone."""
    changes = []
    for event in events:
        if isinstance(event, AttemptEnded) and event.began_ns is not None and event.ended_ns is not None:
            changes += [(event.began_ns / 1e9, 1, 0), (event.ended_ns / 1e9, -1, 0)]
        elif isinstance(event, TaskRetried):
            changes += [(event.time, 0, 1), (min(end, event.time + event.delay), 0, -1)]
    total, before, running, waiting = 0.0, 0.0, 0, 0
    for moment, starts, waits in sorted(changes):
        total += (moment - before) * min(slots - running, waiting)
        before, running, waiting = moment, running + starts, waiting + waits
    return total


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    slots=st.sampled_from([1, 2, 3, 8, None]),
    size=st.integers(0, 40),
    failure_rate=st.sampled_from([0.0, 0.3, 0.9]),
    loss=st.sampled_from([0.0, 0.2]),
    hang=st.sampled_from([0.0, 0.05]),
    can_kill=st.booleans(),
    timeout=st.sampled_from([None, 1.5]),
)
@example(
    seed=1, slots=1, size=10, failure_rate=0.9, loss=0.0, hang=0.0, can_kill=False, timeout=None
)  # stopped by the circuit breaker
@example(seed=1, slots=2, size=40, failure_rate=0.3, loss=0.2, hang=0.05, can_kill=False, timeout=1.5)
def test_the_kinds_sum_up_to_the_time_of_all_slots(
    *,
    seed: int,
    slots: int | None,
    size: int,
    failure_rate: float,
    loss: float,
    hang: float,
    can_kill: bool,
    timeout: float | None,
) -> None:
    """Whatever happens, the kinds are all of the time of the slots and none is negative.

    In virtual time neither the driver nor the way to workers takes any. The attempts' part is that of their events, and the retries' delay is
    what a sweep over the events gives.
    """
    orchestrator = VirtualOrchestrator(slots, adversary=Chaos(seed, loss, hang if timeout else 0.0), can_kill=can_kill)
    engine, events, _ = start(
        IndependentItems(size), orchestrator=orchestrator, faults=TaskFaults(failure_rate), limits=Limits(item_timeout=timeout), seed=seed
    )  # fmt: skip
    account = engine.announcer.account(0.0, orchestrator.clock.now())
    assert account is not None
    wall = orchestrator.clock.now()
    assert account.wall == pytest.approx(wall)
    assert account.slots == (slots or account.slots)
    assert min(account.parts.values()) >= 0.0
    assert sum(account.parts.values()) == pytest.approx(account.wall * account.slots)
    assert account.transport == pytest.approx(0.0, abs=1e-5)
    assert account.driver == pytest.approx(0.0, abs=1e-5)
    attempts = [event for event in events if isinstance(event, AttemptEnded) and event.began_ns is not None]
    ran = sum((event.ended_ns or 0) - (event.began_ns or 0) for event in attempts) / 1e9
    assert account.wait == pytest.approx(sum(event.waited_ns for event in attempts) / 1e9, abs=1e-6)
    if not engine.tally.abandoned:
        assert account.compute + account.wait == pytest.approx(ran, abs=1e-6)
        # One that runs alone keeps others waiting that are due, and so does the end of a run that was stopped.
        if slots is not None and not loss and engine.stop is None:
            assert account.retry_delay == pytest.approx(retry_delay_of(events, slots, wall), abs=1e-5)


@pytest.mark.parametrize("name", ["sequential", "asyncio", "threaded", "multiprocess", "hedged"])
@pytest.mark.parametrize("faults", ["none", "heavy"])
def test_real_runs_account_for_all_of_their_time(name: str, faults: str, registry: Registry) -> None:
    """On each local orchestrator the kinds sum up to the run time of all slots, within a hundredth; what waits is what was drawn at least."""
    report = count_anagrams(
        "the cat sat on a mat and ate", orchestrator=name, faults=faults, latency_scale=0.005, seed=3, account=True, registry=registry
    )  # fmt: skip
    account = report.account
    assert account is not None
    assert min(account.parts.values()) >= 0.0
    assert sum(account.parts.values()) == pytest.approx(account.wall * account.slots, rel=1e-6)
    assert account.wall == pytest.approx(report.runtime / 1000.0, rel=0.01)
    assert account.compute > 0.0
    assert (account.wait > 0.0) == (faults == "heavy")
    assert sum(report.to_dict()["account"][name.replace(" ", "_")] for name in account.parts) == pytest.approx(  # type: ignore[index]
        report.runtime * account.slots, rel=0.01
    )


def test_nothing_is_accounted_for_unasked(registry: Registry) -> None:
    """A run that nobody observes keeps no account unless it is asked to."""
    report = count_anagrams("cat", registry=registry)
    assert report.account is None
    assert report.to_dict()["account"] is None


KINDS = ("compute", "wait", "retry delay", "transport", "driver", "idle")


def test_commands_show_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A table has the account if it is asked for, and JSON always; records are shown, compared and watched with it, and have it in their last line."""
    monkeypatch.chdir(tmp_path)
    command = ["run", "--text", "the cat sat", "--faults", "heavy", "--latency-scale", "0.001", "--seed", "2"]
    _, plain, _ = ended_here(command, capsys)
    _, detailed, _ = ended_here([*command, "--detailed", "--record", "kept"], capsys)
    assert "transport" not in plain
    assert all(kind in detailed for kind in KINDS)
    assert "The largest part is " in detailed
    _, document, _ = ended_here([*command, "--format", "json"], capsys)
    account = json.loads(document)["account"]
    assert list(account) == ["wall", "slots", *(kind.replace(" ", "_") for kind in KINDS)]
    (record,) = (str(one) for one in Path("kept").iterdir())
    last = json.loads(Path(record, "events.jsonl").read_text().splitlines()[-1])
    seconds = sum(last["account"][kind.replace(" ", "_")] for kind in KINDS)
    assert seconds == pytest.approx(last["account"]["wall"] * last["account"]["slots"])
    ended_here([*command, "--record", "kept"], capsys)
    others = [str(one) for one in Path("kept").iterdir()]
    for shown in (["runs", "show", record], ["watch", record]):
        _, out, _ = ended_here(shown, capsys)
        assert all(kind in out for kind in KINDS), shown
    _, out, _ = ended_here(["runs", "diff", *others], capsys)
    assert "time: wait" in out
    assert all(f"{kind} <b>" in Path(record, "report.html").read_text() for kind in KINDS)


def slow(word: str) -> str:
    time.sleep(0.02)
    return word


async def far(word: str) -> str:
    await asyncio.sleep(0.02)
    return word


async def busy(word: str) -> str:
    await asyncio.sleep(0)
    until = time.thread_time() + 0.02
    while time.thread_time() < until:
        pass
    return word


@pytest.mark.parametrize("name", ["sequential", "asyncio", "threaded"])
def test_what_is_awaited_is_a_wait(name: str) -> None:
    """Coroutines wait while they await, on an event loop as in threads, and compute while they compute; a function that blocks counts as computing, as it holds its thread."""
    awaiting = run(
        Pipeline("far").values(str).map(far).count(), ["a", "b", "c"], orchestrator=name, account=True
    ).account
    blocking = run(
        Pipeline("slow").values(str).map(slow).count(), ["a", "b", "c"], orchestrator=name, account=True
    ).account
    computing = run(
        Pipeline("busy").values(str).map(busy).count(), ["a", "b", "c"], orchestrator=name, account=True
    ).account
    assert awaiting is not None
    assert blocking is not None
    assert computing is not None
    assert awaiting.wait >= 0.019  # at once, where one attempt has all of them
    assert computing.compute >= 0.055
    assert blocking.compute >= 0.055
    assert blocking.wait == 0.0


def test_what_is_awaited_beside_a_running_loop_is_a_wait() -> None:
    """In a notebook or a server, whose thread has a loop that runs, coroutines of attempts wait as elsewhere."""

    async def main() -> TimeAccount | None:
        return run(Pipeline("far").values(str).map(far).count(), ["a", "b", "c"], account=True).account

    account = asyncio.run(main())
    assert account is not None
    assert account.wait >= 0.055
    assert account.compute < account.wait


def test_runs_whose_slots_change_have_no_account(registry: Registry) -> None:
    """An orchestrator that chooses another one has other slots from then on, of which no sum could be made."""
    report = count_anagrams("the cat sat", orchestrator="auto", account=True, registry=registry)
    assert report.account is None


def test_simulated_computing_is_no_wait(tmp_path: Path) -> None:
    """What a fault profile has a task compute is no part of what its attempts waited, in the account as in what a page is made of."""
    profile = FaultProfile(
        tasks={
            "find_anagrams": TaskProfile(
                latency=Quantiles(((0, 0.01), (1, 0.01))), compute=Quantiles(((0, 0.03), (1, 0.03)))
            )
        }
    )
    path = tmp_path / "events.jsonl"
    count_anagrams("cat", faults=profile, events=path)
    digest, _ = digest_of(str(path))
    task = digest.tasks["find_anagrams"]
    assert digest.finished is not None
    assert digest.finished.account is not None
    attempts = [line.event for line in EventReader(path) if isinstance(line.event, AttemptEnded)]
    (attempt,) = [one for one in attempts if one.task == "find_anagrams"]
    assert attempt.latency_ns == 40_000_000
    assert attempt.began_ns is not None
    assert attempt.ended_ns is not None
    assert 10_000_000 <= attempt.waited_ns <= attempt.ended_ns - attempt.began_ns - 30_000_000
    assert task.waited == pytest.approx(attempt.waited_ns / 1e9)
    assert digest.finished.account.wait == pytest.approx(task.waited)
    assert digest.finished.account.compute >= 0.03


def test_a_call_that_is_cancelled_before_it_began_leaves_nothing() -> None:
    """An attempt that is over cancels calls that had no step yet; none leaves a coroutine that nobody has awaited, which Python warns of."""

    async def attempt() -> int:
        calls = [asyncio.create_task(metered(lambda: far("a"))) for _ in range(2)]
        for call in calls:
            call.cancel()
        await asyncio.wait(calls)
        return sum(call.cancelled() for call in calls)

    async def main() -> int:
        return await Turns(attempt())

    assert asyncio.run(main()) == 2
    gc.collect()
