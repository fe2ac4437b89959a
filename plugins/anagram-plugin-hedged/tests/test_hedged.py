"""Second copies are started where they should be, and change nothing but the time that a run takes. In virtual time."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anagram_plugin_hedged.latencies import WINDOW, Latencies
from anagram_plugin_hedged.orchestrator import HedgedOrchestrator
from number_of_examples import examples
from pipeline_optimization import Pipeline, RunReport, count_anagrams, task
from pipeline_optimization import run as run_pipeline
from pipeline_optimization.anagrams.cases import load_cases
from pipeline_optimization.engine.draws import uniform
from pipeline_optimization.engine.virtual import Fate, VirtualOrchestrator
from pipeline_optimization.engine.wire import Call, decode_call, encode_call
from pipeline_optimization.errors import OptionError, UnknownComponentError
from pipeline_optimization.registry import Registry
from pipeline_optimization.types import Attempt, Capabilities, Completion, OpenContext

TEXT = load_cases()["large"].text


class Adversary:
    """Loses, doubles and reorders copies by a seed."""

    def __init__(self, seed: int, losses: float) -> None:
        self._seed = seed
        self._losses = losses
        self._asked = 0

    def fates(self, attempt: Attempt, latency: float) -> Sequence[Fate]:
        self._asked += 1
        draw = uniform(self._seed, self._asked)
        if draw < self._losses:
            return [Fate(latency * draw / self._losses, "lost"), Fate(latency * 3)]
        return [Fate(latency), Fate(latency * 2)] if draw > 0.9 else [Fate(latency)]


def hedged(inner: VirtualOrchestrator, **options: float) -> HedgedOrchestrator:
    return HedgedOrchestrator(
        inner, capabilities=Capabilities(), **{"quantile": 0.95, "slack": 1.0, "share": 0.05, "samples": 20, **options}
    )


def run(orchestrator: object, *, faults: str = "tail", seed: int = 1, text: str = TEXT) -> RunReport:
    return count_anagrams(
        text, orchestrator=orchestrator, faults=faults, seed=seed, retry="fixed", retry_options={"attempts": 60}
    )


@pytest.mark.parametrize("slots", [4, None])
def test_the_tail_is_cut(slots: int | None) -> None:
    """Where one call in 33 takes twenty times as long, hedging shortens the run, with at most 5 % more attempts."""
    plain = run(VirtualOrchestrator(slots))
    orchestrator = hedged(VirtualOrchestrator(slots))
    report = run(orchestrator)
    assert report.anagram_counts == plain.anagram_counts
    assert (report.ledger_entries, report.ledger_digest) == (plain.ledger_entries, plain.ledger_digest)
    assert report.runtime < 0.9 * plain.runtime
    assert 0 < orchestrator.copies <= 0.05 * orchestrator.attempts
    assert report.floor <= report.runtime


def test_scarce_calls_are_made_once() -> None:
    """An attempt whose task has a limit or a rate gets no second copy: it would be one call more than is allowed."""

    def copies(**quota: int) -> int:
        def call(value: int) -> int:
            return value

        pipeline = Pipeline("p").values(int).map(task(sleep_time=1.0, **quota)(call)).sum()
        orchestrator = hedged(VirtualOrchestrator(None))
        report = run_pipeline(pipeline, range(300), orchestrator=orchestrator, faults="tail", seed=1)
        assert report.result == sum(range(300))
        return orchestrator.copies

    assert copies() > 0
    assert copies(limit=100) == 0


def test_nothing_is_gained_where_all_take_the_same() -> None:
    """Under the profile ``exercise`` no call of a task is slower than another, so there is no second copy."""
    plain = run(VirtualOrchestrator(None), faults="exercise")
    orchestrator = hedged(VirtualOrchestrator(None))
    report = run(orchestrator, faults="exercise")
    assert orchestrator.copies == 0
    assert report.runtime == plain.runtime
    assert report.ledger_digest == plain.ledger_digest


@examples(60)
@given(
    seed=st.integers(0, 10**6),
    slots=st.sampled_from([1, 2, 5, None]),
    losses=st.sampled_from([0.0, 0.02]),
    quantile=st.sampled_from([0.0, 0.5, 0.95]),
    share=st.sampled_from([0.0, 0.1, 2.0]),
    can_kill=st.booleans(),
    faults=st.sampled_from(["tail", "heavy"]),
)
def test_counts_and_ledger_stay(
    seed: int, slots: int | None, losses: float, quantile: float, share: float, can_kill: bool, faults: str
) -> None:
    """Whatever is lost, doubled, late or cannot be cancelled: counts and ledger are the plain run's, copies within bounds."""
    text = " ".join(TEXT.split()[:60])
    orchestrator = hedged(
        VirtualOrchestrator(slots, adversary=Adversary(seed, losses), can_kill=can_kill),
        quantile=quantile,
        share=share,
        samples=1,
    )
    report = run(orchestrator, faults=faults, seed=seed, text=text)
    plain = run(VirtualOrchestrator(None), faults=faults, seed=seed, text=text)
    if report.is_complete:  # an item that lost three workers is poison, as without hedging
        assert report.anagram_counts == plain.anagram_counts
        assert (report.ledger_entries, report.ledger_digest) == (plain.ledger_entries, plain.ledger_digest)
    assert report.is_complete or losses
    assert report.stale_completions == 0
    assert orchestrator.copies <= min(1.0, share) * orchestrator.attempts


class Script:
    """An inner orchestrator that notes what it is given, and completes what the test says."""

    slots = 3

    def __init__(self) -> None:
        self.clock = VirtualOrchestrator(1).clock
        self.given: list[Attempt] = []
        self.cancelled: list[int] = []
        self.next: list[Completion] = []
        self.can_cancel = True

    def open(self, context: object) -> None:
        self.context = context

    def submit(self, attempt: Attempt) -> None:
        self.given.append(attempt)

    def poll(self, timeout: float) -> Sequence[Completion]:
        self.clock.sleep(timeout)
        found, self.next = self.next, []
        return found

    def cancel(self, attempt_id: int) -> bool:
        self.cancelled.append(attempt_id)
        return self.can_cancel

    def close(self, *, force: bool) -> None:
        self.given.clear()


def attempt(number: int) -> Attempt:
    return Attempt(id=number, item=f"t:{number}", number=1, payload=encode_call(Call("t", str(number), 1, b"")))


def opened(inner: Script, **options: float) -> HedgedOrchestrator:
    orchestrator = hedged(inner, **{"samples": 1, "share": 1.0, **options})
    orchestrator.open(OpenContext(run_id="", worker_init=b""))
    return orchestrator


def with_one_slow(inner: Script, **options: float) -> HedgedOrchestrator:
    """Return an orchestrator that has seen one attempt of 1 s, and runs another that got its second copy."""
    orchestrator = opened(inner, **options)
    orchestrator.submit(attempt(1))
    inner.next = [Completion(id=2, status="done", payload=b"1")]
    orchestrator.poll(1.0)
    orchestrator.submit(attempt(2))
    assert list(orchestrator.poll(5.0)) == []
    assert inner.clock.now() == 2.0  # it waited until the copy was due, and no longer
    return orchestrator


def test_the_second_copy_wins() -> None:
    """It is another copy of the same attempt; when it is done first, the first one is cancelled, and not heard of."""
    inner = Script()
    orchestrator = with_one_slow(inner)
    first, second = inner.given[1:]
    assert (decode_call(first.payload).copy, decode_call(second.payload).copy) == (0, 1)
    assert (first.item, first.number) == (second.item, second.number)
    inner.next = [Completion(id=second.id, status="done", payload=b"2")]
    assert [(c.id, c.payload) for c in orchestrator.poll(1.0)] == [(2, b"2")]
    assert inner.cancelled == [first.id]
    for number in (3, 4, 5):
        orchestrator.submit(attempt(number))
    assert [a.id for a in inner.given[3:]] == [6, 8, 10]  # all slots are free again
    inner.next = [Completion(id=first.id, status="done", payload=b"1")]
    assert list(orchestrator.poll(0.0)) == []


def test_slack() -> None:
    """An attempt must have taken so many times the quantile before it is slow: just above it there is noise."""
    inner = Script()
    orchestrator = opened(inner, slack=1.5)
    orchestrator.submit(attempt(1))
    inner.next = [Completion(id=2, status="done", payload=b"1")]
    orchestrator.poll(1.0)
    orchestrator.submit(attempt(2))
    orchestrator.poll(1.25)
    assert [given.id for given in inner.given] == [2, 4]
    orchestrator.poll(5.0)
    assert [given.id for given in inner.given] == [2, 4, 5]
    assert inner.clock.now() == 2.5


def test_one_lost_copy_is_no_loss() -> None:
    """A loss is reported when the last copy is lost, once."""
    inner = Script()
    orchestrator = with_one_slow(inner)
    first, second = inner.given[1:]
    inner.next = [Completion(id=first.id, status="lost")]
    assert list(orchestrator.poll(1.0)) == []
    inner.next = [Completion(id=second.id, status="lost", detail="why")]
    assert [(c.id, c.status, c.detail) for c in orchestrator.poll(1.0)] == [(2, "lost", "why")]


def test_a_copy_that_cannot_be_cancelled_holds_its_slot() -> None:
    """Attempts are handed on as slots are really free, and there is no second copy where none is."""
    inner = Script()
    inner.can_cancel = False
    orchestrator = with_one_slow(inner)
    inner.next = [Completion(id=5, status="done")]
    assert [c.id for c in orchestrator.poll(0.0)] == [2]
    for number in (3, 4, 5):
        orchestrator.submit(attempt(number))
    orchestrator.poll(10.0)
    assert [a.id for a in inner.given[3:]] == [6, 8]
    inner.next = [Completion(id=4, status="done")]
    assert list(orchestrator.poll(0.0)) == []
    assert [a.id for a in inner.given[5:]] == [10]


def test_what_is_cancelled_gets_no_copy() -> None:
    """An attempt that the engine gives up is called off with all its copies, or left alone and reported when it ends."""
    inner = Script()
    orchestrator = with_one_slow(inner)
    assert orchestrator.cancel(2)
    assert inner.cancelled == [4, 5]
    assert not orchestrator.cancel(2)
    inner.can_cancel = False
    orchestrator.submit(attempt(3))
    assert not orchestrator.cancel(3)
    orchestrator.poll(10.0)
    assert [a.id for a in inner.given[3:]] == [6]
    inner.next = [Completion(id=6, status="done")]
    assert [c.id for c in orchestrator.poll(0.0)] == [3]


def test_starts_are_announced_once() -> None:
    """The engine hears that an attempt starts, and nothing of its second copy."""
    inner, started = Script(), []
    hedged(inner).open(OpenContext(run_id="", worker_init=b"", started=started.append))
    for copy in (4, 5, 6):
        inner.context.started(copy)
    assert started == [2, 3]


class Noting(VirtualOrchestrator):
    """Keeps what it is told, and in which order; has chosen how it runs."""

    chosen = "threads, since calls wait"

    def __init__(self) -> None:
        super().__init__(1)
        self.told: list[str] = []

    def note_open(self) -> None:
        self.told.append("note_open")

    def open(self, context: OpenContext) -> None:
        self.told.append("open")
        super().open(context)


def test_what_only_some_orchestrators_have() -> None:
    """The inner orchestrator hears of the files of the run before it opens, if it wants to, and the report has its choice."""
    inner = Noting()
    report = run(hedged(inner), text="cat")
    assert inner.told == ["note_open", "open"]
    assert report.choice == inner.chosen
    assert run(hedged(VirtualOrchestrator(1)), text="cat").choice == ""


def test_quantiles() -> None:
    """A quantile is that of the last thousand latencies."""
    latencies = Latencies()
    for number in range(100):
        latencies.add(float(number))
    assert [latencies.quantile(share) for share in (0.0, 0.5, 0.95, 0.999)] == [0.0, 50.0, 95.0, 99.0]
    for _ in range(WINDOW):
        latencies.add(7.0)
    assert (len(latencies), latencies.quantile(0.0), latencies.quantile(0.999)) == (WINDOW, 7.0, 7.0)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"inner": "theaded"}, UnknownComponentError, "Did you mean 'threaded'"),
        ({"inner_options": "workers"}, OptionError, "KEY=VALUE,KEY=VALUE"),
        ({"inner": "threaded", "inner_options": "workrs=1"}, OptionError, "Did you mean 'workers'"),
        ({"quantile": 1}, OptionError, "must be below 1"),
    ],
)
def test_wrong_options(options: dict[str, object], error: type[Exception], message: str) -> None:
    """Mistakes in the options of either orchestrator are told before anything runs."""
    with pytest.raises(error, match=message):
        Registry.load().orchestrator("hedged", options).build()


def test_what_the_inner_one_can_do() -> None:
    """It can do what the inner orchestrator can, and says so."""
    build = Registry.load().orchestrator
    inner = build("multiprocess").component.capabilities
    assert build("hedged", {"inner": "multiprocess"}).build().capabilities == inner
