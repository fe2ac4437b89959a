"""The orchestrator ``auto``: a look at the first attempts, a choice, and going on without running anything twice."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from threading import Barrier
from time import sleep
from typing import Any

import pytest
from attrs import evolve

import pipeline_functions as f
from command import ended_here
from free_costs import FREE
from pipeline_optimization import Pipeline, Registry, RunReport, count_anagrams, run, task
from pipeline_optimization.engine.wire import Answer, encode_answer
from pipeline_optimization.foresight.auto import AutoOrchestrator, Choice, choose
from pipeline_optimization.foresight.candidates import candidates, known_places
from pipeline_optimization.foresight.costs import Machine
from pipeline_optimization.foresight.glance import Glance
from pipeline_optimization.testing import OrchestratorContract
from pipeline_optimization.types import Attempt, Completion, ErrorRecord, OpenContext, Orchestrator
from pipeline_optimization.types.step_time import StepTime

REGISTRY = Registry.load()
LINES = "".join(f"line {number}\n" for number in range(200))
LENGTHS = Pipeline("lengths").lines().map(f.upper).count()


def taking(name: str, workers: int = 2) -> Callable[[Registry, Glance], Choice]:
    """Return a choice that is made whatever was seen."""
    policy = REGISTRY.retry_policy("none").build()
    found = candidates(REGISTRY, orchestrators=[name], workers=[workers], retries={"none": policy}, cores=2)
    return lambda registry, glance: Choice(candidate=found[0], reason=f"{name} was told to the test")


class TestAuto(OrchestratorContract):
    name = "auto"


@pytest.mark.slow
class TestAutoThreads(OrchestratorContract):
    capabilities = AutoOrchestrator.capabilities

    def make(self) -> Orchestrator:
        return AutoOrchestrator(choose=taking("threaded"))


@pytest.mark.parametrize("name", ["sequential", "threaded", "asyncio", "multiprocess"])
def test_whatever_is_chosen_the_run_is_the_same(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Result and ledger are those of ``sequential``, and each attempt was made once, whatever the run goes on with after its first attempts."""
    monkeypatch.setattr("pipeline_optimization.foresight.glance.ENOUGH", ((7, 0.0),))
    auto = AutoOrchestrator(choose=taking(name))
    faults = {"failures": 0, "times": 0, "task": {"upper": {"failure_rate": 0.2}}}
    report = run(LENGTHS, LINES, orchestrator=auto, faults=faults, latency_scale=0.0, seed=5)
    plain = run(LENGTHS, LINES, faults=faults, latency_scale=0.0, seed=5)
    assert report.result == plain.result
    assert report.ledger_digest == plain.ledger_digest
    assert report.attempts == plain.attempts
    assert report.summary.choice == f"{name} was told to the test"


TEXT = "the cat sat on the mat"
SIMULATED: dict[str, Any] = {"faults": "exercise", "latency_scale": 0.0, "seed": 2}


def counted(orchestrator: str | Orchestrator) -> RunReport:
    return count_anagrams(TEXT, orchestrator=orchestrator, **SIMULATED)


def test_a_run_that_ends_before_anything_is_chosen() -> None:
    """A short run is over before there is enough to look at; nothing is chosen, and nothing is said of a choice."""
    report = counted("auto")
    assert (report.choice, report.anagram_counts, report.ledger_digest) == (
        "",
        counted("sequential").anagram_counts,
        counted("sequential").ledger_digest,
    )


def test_the_choice_is_in_the_report(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The table of the command says what was chosen, and why."""
    monkeypatch.setattr("pipeline_optimization.foresight.glance.ENOUGH", ((1, 0.0),))
    monkeypatch.setattr("pipeline_optimization.foresight.auto.choose", taking("threaded"))
    path = tmp_path / "cat.txt"
    path.write_text("the cat sat on the mat\n" * 3)
    simulated = ["--faults", "exercise", "--seed", "1", "--latency-scale", "0"]
    code, out, err = ended_here(["run", str(path), "--orchestrator", "auto", *simulated], capsys)
    assert code == 0, err
    assert "choice" in out
    assert "threaded was told to the test" in out


def test_a_choice_that_fails_leaves_the_run_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is wrong with a choice, or with what was chosen, the run goes on where it is, and the report says what was wrong."""
    monkeypatch.setattr("pipeline_optimization.foresight.glance.ENOUGH", ((1, 0.0),))

    def fails(registry: Registry, glance: Glance) -> Choice:
        raise IndexError("no such thing")

    def cannot_open(self: object, context: OpenContext) -> None:
        raise ConnectionError("refused")

    report = count_anagrams(TEXT, orchestrator=AutoOrchestrator(choose=fails), **SIMULATED)
    assert report.choice == "auto stayed with sequential, as it could not choose: IndexError: no such thing"
    assert report.ledger_digest == counted("sequential").ledger_digest
    monkeypatch.setattr(type(REGISTRY.orchestrator("threaded").build()), "open", cannot_open)
    report = count_anagrams(TEXT, orchestrator=AutoOrchestrator(choose=taking("threaded")), **SIMULATED)
    assert report.choice == "auto stayed with sequential, as it could not choose: ConnectionError: refused"
    assert report.ledger_digest == counted("sequential").ledger_digest


async def awaits(value: int) -> int:
    await asyncio.sleep(0.001)
    return value


MEETING = Barrier(4)


@task(timeout=60)
def meets(value: int) -> int:
    """The first two values come while there is one worker; the others wait until four of them are there."""
    if value >= 2:
        MEETING.wait(timeout=20)
    return value


def test_all_workers_of_what_was_chosen_have_work_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine hands out attempts for all of the new workers before it waits for one: eight calls in four threads meet by fours."""
    monkeypatch.setattr("pipeline_optimization.foresight.glance.ENOUGH", ((2, 0.0),))
    auto = AutoOrchestrator(choose=taking("threaded", 4))
    report = run(Pipeline("meets").values(int).map(meets).sum(), range(10), orchestrator=auto, retry="none")
    assert (report.result, list(report.failed_items)) == (45, [])


@pytest.mark.parametrize("name", ["sequential", "threaded", "asyncio", "multiprocess"])
def test_coroutine_functions_go_on_wherever_is_chosen(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run whose functions await looks at its first bundle, and goes on in an event loop, or with a loop in each worker, without running anything twice."""
    monkeypatch.setattr("pipeline_optimization.foresight.glance.ENOUGH", ((7, 0.0),))
    pipeline = Pipeline("far").values(str).map(f.far).count()
    words = [f"word {number}" for number in range(1500)]
    faults = {"failures": 0, "times": 0, "task": {"far": {"failure_rate": 0.05}}}
    both: list[dict[str, Any]] = [{}, {"faults": faults, "latency_scale": 0.0, "seed": 5}]
    for simulated in both:
        report = run(pipeline, words, orchestrator=AutoOrchestrator(choose=taking(name)), **simulated)
        plain = run(pipeline, words, orchestrator="threaded", **simulated)
        assert (report.result, report.ledger_digest) == (plain.result, plain.ledger_digest)
        assert report.elements == 1500
        assert report.summary.choice == f"{name} was told to the test"


def test_coroutine_functions_are_awaited_at_once_before_anything_is_chosen() -> None:
    """The look at the first elements has all of a hundred waits at once: each of these calls waits until 99 others have joined it."""
    joined, all_are_here = [], asyncio.Event()

    async def joins(value: int) -> int:
        joined.append(value)
        if len(joined) == 100:
            all_are_here.set()
        await all_are_here.wait()
        return value

    report = run(Pipeline("joins").values(int).map(joins).sum(), range(100), orchestrator="auto")
    assert report.result == sum(range(100))


def test_coroutine_functions_with_a_timeout_go_to_an_event_loop() -> None:
    """Only there can calls with a timeout be awaited in bundles, which is planned before a run begins."""
    timed = task(timeout=60)(awaits)
    report = run(Pipeline("awaits").values(int).map(timed).sum(), range(300), orchestrator="auto")
    assert report.result == sum(range(300))
    assert report.summary.choice == "auto took asyncio, since functions of the pipeline await with a timeout"
    assert report.summary.orchestrator == "asyncio"


@pytest.mark.parametrize(
    ("waited", "computed", "cores", "chosen"),
    [
        (0.005, 0.001, 2, ("multiprocess", 2)),
        (0.001, 0.0, 2, ("multiprocess", 2)),
        (1.0, 0.0, 2, ("asyncio", 1000)),
        (0.001, 0.0, 1, ("sequential", 1)),
    ],
    ids=["compute among waits", "hardly wait", "wait for long", "hardly wait on one core"],
)
def test_what_is_chosen_for_coroutine_functions(
    waited: float, computed: float, cores: int, chosen: tuple[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Processes with an event loop each for what computes, and as many places as pay for what waits."""
    places = known_places(REGISTRY)
    monkeypatch.setattr(
        "pipeline_optimization.foresight.auto.costs_here",
        lambda registry, name: evolve(FREE[places[name]], awaiting=0.0002),
    )
    monkeypatch.setattr("pipeline_optimization.foresight.auto.this_machine", lambda: Machine(cores=cores))
    step = StepTime("awaits", 5000, round(5e12 * computed), round(5e12 * waited), 0)
    choice = choose(REGISTRY, glance_at(Answer(elements=5000, seconds=1.0, steps=(step,))))
    assert choice.candidate is not None
    assert (choice.candidate.configuration.orchestrator, choice.candidate.configuration.workers) == chosen


@pytest.mark.parametrize(
    ("answer", "chosen"),
    [
        (Answer(seconds=0.02), "multiprocess"),
        (Answer(latency=0.02, seconds=0.02), "multiprocess"),
        (Answer(latency=0.02, seconds=0.02, waited=0.02), "asyncio"),
        (Answer(seconds=0.02, stalled=0.02), "threaded"),
        (Answer(), "sequential"),
    ],
    ids=["computes", "computes as simulated", "waits as simulated", "blocks", "takes no time"],
)
def test_what_is_chosen(answer: Answer, chosen: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """On two processors: processes for what computes, simulated or not, an event loop or threads for what waits, and nothing else for what takes no time."""
    places = known_places(REGISTRY)
    monkeypatch.setattr("pipeline_optimization.foresight.auto.costs_here", lambda registry, name: FREE[places[name]])
    monkeypatch.setattr("pipeline_optimization.foresight.auto.this_machine", lambda: Machine(cores=2))
    choice = choose(REGISTRY, glance_at(*[answer] * 20))
    assert choice.candidate is not None
    assert choice.candidate.configuration.orchestrator == chosen


def test_of_ways_that_are_tied_the_simplest_is_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty waits of a second overlap in threads and in any event loop: the first of them in the order of simplicity is taken."""
    places = known_places(REGISTRY)
    monkeypatch.setattr("pipeline_optimization.foresight.auto.costs_here", lambda registry, name: FREE[places[name]])
    monkeypatch.setattr("pipeline_optimization.foresight.auto.this_machine", lambda: Machine(cores=2))
    choice = choose(REGISTRY, glance_at(*[Answer(latency=1.0, seconds=1.0, waited=1.0)] * 20))
    assert choice.candidate is not None
    configuration = choice.candidate.configuration
    assert (configuration.orchestrator, configuration.workers) == ("asyncio", 100)


def test_processes_that_wait_may_be_more_than_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    """Work that waits five times as long as it computes keeps two processors busier in eight processes than in two, and one core is too few for it."""
    places = known_places(REGISTRY)
    monkeypatch.setattr("pipeline_optimization.foresight.auto.costs_here", lambda registry, name: FREE[places[name]])
    monkeypatch.setattr("pipeline_optimization.foresight.auto.this_machine", lambda: Machine(cores=2))
    waits = [0.0025 * number for number in range(1, 40)]
    choice = choose(REGISTRY, glance_at(*[Answer(seconds=wait + 0.01, waited=wait) for wait in waits]))
    assert choice.candidate is not None
    configuration = choice.candidate.configuration
    assert (configuration.orchestrator, configuration.workers) == ("multiprocess", 8)


@pytest.mark.parametrize("failed", [1, 3, 6])
def test_failures_and_their_delays_decide_nothing(failed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """No worker waits for the delay before a retry. Were it foreseen, the item that by chance fails most often would take as long as all others."""
    places = known_places(REGISTRY)
    monkeypatch.setattr("pipeline_optimization.foresight.auto.costs_here", lambda registry, name: FREE[places[name]])
    monkeypatch.setattr("pipeline_optimization.foresight.auto.this_machine", lambda: Machine(cores=2))
    good = Answer(latency=0.011, seconds=0.011, waited=0.011)
    bad = good._replace(error=ErrorRecord(type="TimeoutError", message="simulated"))
    without = choose(REGISTRY, glance_at(*[good] * 10)).candidate
    assert choose(REGISTRY, glance_at(*[bad] * failed, *[good] * (10 - failed))).candidate == without


def glance_at(*answers: Answer) -> Glance:
    """Return what is seen of attempts of one task with these answers."""
    glance = Glance(lambda: 0.0)
    for number, answer in enumerate(answers):
        see(glance, f"fetch:{number}", answer)
    return glance


def see(glance: Glance, item: str, answer: Answer) -> None:
    glance.submitted(Attempt(id=1, item=item, number=1, payload=b""))
    glance.note([Completion(id=1, status="done", payload=encode_answer(answer))])


def test_what_is_seen_of_work_that_waits() -> None:
    """Sixty attempts of a simulated second each are work that waits; the model has a minute of it."""
    work = glance_at(*[Answer(latency=1.0, seconds=1.0, waited=1.0)] * 60).work()
    assert (work.source, work.elements) == ("fetch", 60)
    assert work.wait == pytest.approx(60.0)
    assert work.compute == 0.0


def test_more_work_is_foreseen_than_was_seen() -> None:
    """What took milliseconds is foreseen for a minute, as nobody knows how much is to come."""
    work = glance_at(*[Answer(latency=0.01, seconds=0.01, waited=0.01)] * 20).work()
    assert work.elements == 6000


def test_bundles_of_slow_elements_do_not_count_more() -> None:
    """Sixty elements of 20 ms in five bundles and four thousand of 0.1 ms in one are 1.6 s of work, and so they are for the model."""
    slow, quick = Answer(seconds=0.24, elements=12), Answer(seconds=0.4, elements=4000)
    work = glance_at(*[slow] * 5, quick).work()
    assert (work.wait + work.compute) / work.elements == pytest.approx(1.6 / 4060)


def test_lost_attempts_say_nothing() -> None:
    """An attempt that was lost with its worker is no attempt of a task to learn from."""
    glance = Glance(lambda: 0.0)
    glance.submitted(Attempt(id=1, item="fetch:1", number=1, payload=b""))
    glance.note([Completion(id=1, status="lost")])
    assert glance.elements == 0


def test_what_is_only_read_was_not_seen() -> None:
    """An item that makes a hundred others possible shows nothing of what they take: elements count when they were run."""
    glance = glance_at()
    see(glance, "lines:0", Answer(seconds=0.001, elements=100))
    see(glance, "fetch:1", Answer(seconds=0.02))
    see(glance, "fetch:2", Answer(seconds=0.02))
    assert glance.elements == 2


def test_items_that_only_wait_for_their_turn_follow_as_well() -> None:
    """Two items were fetched, and both were submitted to be parsed: that the second one has not run yet is no reason to expect half of them."""
    glance = glance_at()
    see(glance, "fetch:1", Answer(seconds=0.02))
    see(glance, "parse:1", Answer(seconds=0.02))
    see(glance, "fetch:2", Answer(seconds=0.02))
    glance.submitted(Attempt(id=2, item="parse:2", number=1, payload=b""))
    (follow_up,) = glance.work().tasks["fetch"].follow_ups
    assert (follow_up.task, follow_up.share) == ("parse", 1.0)


def test_comparisons_leave_it_out() -> None:
    """What chooses among the others is no contender beside them, unless it is named."""
    from pipeline_optimization.cli.compare.contenders import compared_contenders, default_orchestrators

    assert "auto" in REGISTRY.names("orchestrator")
    assert "auto" not in default_orchestrators(REGISTRY)
    assert [one.name for one in compared_contenders(REGISTRY, ["auto"], [], workers=2)] == ["auto"]


@task(limit=4)
def asks_a_service(value: int) -> int:
    sleep(0.02)
    return value


def test_no_more_workers_than_a_service_allows(monkeypatch: pytest.MonkeyPatch) -> None:
    """More threads than the limit of a task would only wait for it, so the smallest number that is looked at is taken."""
    monkeypatch.setattr(
        "pipeline_optimization.foresight.auto.costs_here", lambda registry, name: FREE[known_places(registry)[name]]
    )
    monkeypatch.setattr("pipeline_optimization.foresight.glance.ENOUGH", ((8, 0.0),))
    report = run(Pipeline("asks").values(int).map(asks_a_service).sum(), range(40), orchestrator="auto")
    assert report.result == sum(range(40))
    assert report.summary.choice.startswith("auto took threaded with 8 workers")
