"""``anagram advise``: what recorded runs show of their work, and what is foreseen from it."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

import pipeline_functions as f
from command import ended_here
from free_costs import FREE
from pipeline_optimization import Pipeline, Registry, run
from pipeline_optimization.builtin.retry_policies import NoRetry
from pipeline_optimization.engine.virtual import VirtualOrchestrator
from pipeline_optimization.errors import InputError, OptionError
from pipeline_optimization.foresight.advice import advise, clock
from pipeline_optimization.foresight.calibrate import costs_here
from pipeline_optimization.foresight.candidates import candidates, known_places
from pipeline_optimization.foresight.costs import Machine
from pipeline_optimization.foresight.observed import Observation, observed
from pipeline_optimization.foresight.passage import Bound
from pipeline_optimization.foresight.simulate import Configuration, Prediction, predict
from pipeline_optimization.foresight.work import TaskWork, WorkModel
from pipeline_optimization.observing.lines import first_line
from pipeline_optimization.types import TaskProfile
from pipeline_optimization.types.durations import constant
from pipeline_optimization.types.fault_profiles import FaultProfile

LENGTHS = Pipeline("lengths").lines().map(f.upper).count()
TEXT = "".join(f"line {number}\n" for number in range(40))


@pytest.fixture
def events(tmp_path: Path) -> Path:
    """Return the events of a run in virtual time: forty lines that wait a second each, in five slots."""
    path = tmp_path / "events.jsonl"
    faults = FaultProfile(tasks={"upper": TaskProfile(latency=constant(1.0))})
    run(LENGTHS, TEXT, orchestrator=VirtualOrchestrator(5), faults=faults, seed=1, events=path)
    return path


def test_a_recorded_run_shows_its_work(events: Path) -> None:
    """The lines are one bundle, whose forty elements go on alone; each waits a second, none fails, and none computes."""
    seen = observed(str(events))
    assert (seen.work.source, seen.work.items, seen.work.elements) == ("lines", 1, 40)
    assert seen.work.tasks["lines"].is_bundled
    upper = seen.work.tasks["upper"]
    assert (upper.wait.least, upper.wait.most, upper.failure_rate) == (1.0, 1.0, 0.0)
    assert seen.work.wait == pytest.approx(40.0)
    assert seen.work.compute == pytest.approx(0.0)
    assert seen.workers == 5
    assert seen.seconds == pytest.approx(8.0)


def test_a_recorded_run_is_foreseen_as_it_was(events: Path) -> None:
    """Without costs, the model of a run takes as long as the run did, and with other workers as long as arithmetic says."""
    work = observed(str(events)).work

    def seconds(workers: int) -> float:
        configuration = Configuration(orchestrator="threaded", workers=workers, retry=NoRetry(), retry_name="none")
        return predict(work, configuration, FREE["threads"], Machine(cores=2), seeds=[1]).seconds

    assert [seconds(workers) for workers in (5, 8, 40)] == pytest.approx([8.0, 5.0, 1.0])


def test_failures_of_a_recorded_run(tmp_path: Path) -> None:
    """The share of attempts that failed is seen, with their errors, and whether a policy may try them again."""
    path = tmp_path / "events.jsonl"
    faults = FaultProfile(tasks={"upper": TaskProfile(failure_rate=0.3, latency=constant(1.0), errors={"OSError": 1})})
    run(LENGTHS, TEXT, orchestrator=VirtualOrchestrator(5), faults=faults, seed=1, events=path, retry="fixed")
    seen = observed(str(path))
    assert seen.work.tasks["upper"].failure_rate == pytest.approx(0.3, abs=0.15)
    assert seen.work.tasks["upper"].permanent == 0
    assert seen.retry == "fixed"
    assert seen.work.number_of_items()["upper"] == pytest.approx(40)


def test_elements_that_fail_in_a_bundle_begin_with_a_retry(tmp_path: Path) -> None:
    """An element that fails among others is tried again alone: the model makes as many such items as there were."""
    path = tmp_path / "events.jsonl"
    pipeline = Pipeline("fails").lines().map(f.number).count()
    run(pipeline, "1\nx\n2\ny\n", orchestrator=VirtualOrchestrator(1), events=path)
    work = observed(str(path)).work
    (follow_up,) = work.tasks["lines"].follow_ups
    assert (follow_up.task, follow_up.share, follow_up.has_failed) == ("number", 0.5, True)


def attempt(number: int, *, took: int, waited: int = 0, stalled: int = 0, simulated: int = 0) -> str:
    """Return the line of an attempt that began at its number in seconds. Times are in milliseconds."""
    begun = number * 1_000_000_000
    return json.dumps(
        {
            "seq": number + 1, "kind": "attempt_ended", "task": "call", "outcome": "ok", "status": "done", "worker": "w", "slot": 1,
            "time_ns": begun + took * 1_000_000, "item": f"call:{number}", "attempt": 1, "handed_out_ns": begun, "began_ns": begun,
            "ended_ns": begun + took * 1_000_000, "latency_ns": simulated * 1_000_000, "bytes_in": 1, "bytes_out": 1, "elements": 1,
            "waited_ns": waited * 1_000_000, "stalled_ns": stalled * 1_000_000,
        }
    )  # fmt: skip


def recorded(path: Path, attempts: list[str], *, slots: int, **more: object) -> str:
    started = {"seq": 1, "kind": "run_started", "time_ns": 1_000_000_000, "run_id": "r", "orchestrator": "threaded"}
    lines = [json.dumps({**started, "slots": slots, "seed": 1, "retry": "fixed", **more}), *attempts]
    path.write_text("\n".join([first_line().rstrip(), *lines]) + "\n")
    return str(path)


def test_what_an_attempt_waits_blocks_and_computes(tmp_path: Path) -> None:
    """Of a second, 300 ms were awaited and 200 ms stalled: the other 500 ms the attempt computed."""
    path = recorded(tmp_path / "e", [attempt(n, took=1000, waited=300, stalled=200) for n in range(1, 4)], slots=1)
    task = observed(path).work.tasks["call"]
    assert [task.wait.mean, task.blocked.mean, task.compute.mean] == pytest.approx([0.3, 0.2, 0.5])


def test_what_stalls_beside_simulated_computing_is_no_part_of_the_work(tmp_path: Path) -> None:
    """Of 900 ms, 500 ms were computed for a simulation; nothing but other programs can have had the core for the rest."""
    path = recorded(tmp_path / "e", [attempt(n, took=900, stalled=400, simulated=500) for n in range(1, 4)], slots=1)
    task = observed(path).work.tasks["call"]
    assert [task.wait.mean, task.blocked.mean, task.compute.mean] == pytest.approx([0.0, 0.0, 0.5])


def test_what_stalls_in_a_crowd_waits_for_a_core(tmp_path: Path) -> None:
    """Attempts that compute side by side stall since others have the core; that is no part of the work, and a note says so."""
    path = recorded(tmp_path / "e", [attempt(n, took=1000, stalled=200) for n in range(1, 4)], slots=8)
    seen = observed(path)
    assert seen.work.tasks["call"].blocked.most == 0
    assert any("not known whether functions blocked" in note for note in seen.notes)


def test_waits_in_a_crowd_are_told_to_seem_long(tmp_path: Path) -> None:
    """An attempt whose wait is over goes on only when another one lets it. One at a time waits for nobody, and needs no note."""
    attempts = [attempt(n, took=1000, waited=200) for n in range(1, 4)]
    for slots, is_told in ((8, True), (1, False)):
        notes = observed(recorded(tmp_path / "e", attempts, slots=slots)).notes
        assert any("their waits seem longer than they were" in note for note in notes) is is_told


def test_a_function_that_blocks_its_thread_is_seen_to(tmp_path: Path) -> None:
    """A step that sleeps is told from one that computes."""
    path = tmp_path / "events.jsonl"
    run(Pipeline("naps").lines().map(f.nap).count(), "a\nb\nc\n", orchestrator="sequential", events=path)
    task = observed(str(path)).work.tasks["lines"]
    assert task.blocked.least >= 0.018
    assert task.compute.most < task.blocked.least


def test_events_without_attempts_tell_nothing(tmp_path: Path) -> None:
    """A run over nothing shows no work, and the message says so."""
    path = tmp_path / "events.jsonl"
    run(LENGTHS, "", orchestrator=VirtualOrchestrator(1), events=path)
    with pytest.raises(InputError, match="have no attempt that tells what work takes"):
        observed(str(path))


def prediction(
    orchestrator: str,
    seconds: float,
    *,
    failures: float = 0.0,
    workers: int = 4,
    bound: Bound = "waits",
    cores: float = 1.0,
    retry: str = "none",
) -> Prediction:
    configuration = Configuration(orchestrator=orchestrator, workers=workers, retry=NoRetry(), retry_name=retry)
    return Prediction(
        configuration=configuration,
        seconds=seconds,
        low=seconds * 0.9,
        high=seconds * 1.1,
        attempts=100,
        failures=failures,
        busy_cores=cores,
        floor=0.1,
        bound=bound,
        share=0.9,
    )


WORK = WorkModel(tasks={"work": TaskWork()}, source="work", items=100)


def test_of_what_cannot_be_told_apart_the_simplest_is_used() -> None:
    """Two per cent are less than the model can tell; a fifth is not."""
    found = [prediction("sequential", 12.0), prediction("threaded", 10.2), prediction("multiprocess", 10.0)]
    advice = advise(found, arguments=[["--orchestrator", one.configuration.orchestrator] for one in found], work=WORK)
    assert advice.use is found[1]
    assert advice.ties == [found[2]]
    assert advice.sentence.startswith(
        "Use --orchestrator threaded: the simplest of those that cannot be told apart: about 10.2 s"
    )
    assert advice.more[0] == "Cannot be told from it: multiprocess with 4 workers."


def test_what_loses_items_is_not_faster() -> None:
    """A way of running that gives up half of the items does not win by its time."""
    found = [prediction("sequential", 10.0), prediction("threaded", 1.0, failures=50)]
    advice = advise(found, arguments=[[], []], work=WORK)
    assert advice.use is found[0]
    assert "threaded with 4 workers would take 1 s, but lose about 50 items." in advice.more


@pytest.mark.parametrize(
    ("found", "why"),
    [
        # The simplest of equals is no faster, though its work waits.
        ([prediction("sequential", 10.0, workers=1), prediction("threaded", 9.9)], "no other can be told to be faster"),
        ([prediction("sequential", 10.0, workers=1), prediction("threaded", 3.0)], "its waits overlap"),
        (
            [
                prediction("sequential", 10.0, workers=1, bound="one worker"),
                prediction("threaded", 10.5, bound="lock"),
                prediction("multiprocess", 5.2, bound="cores", cores=2.0),
            ],
            "its computing is spread over about 2 cores",
        ),
        (
            [prediction("sequential", 1.0, workers=1), prediction("multiprocess", 2.0, bound="start-up")],
            "the others take longer to start",
        ),
        (
            [prediction("sequential", 1.0, workers=1, bound="one worker"), prediction("threaded", 1.5, bound="lock")],
            "the others cost more and gain nothing",
        ),
        (
            [prediction("threaded", 9.0, retry="exponential"), prediction("threaded", 4.0, retry="fixed")],
            "its retries take less time",
        ),
    ],
)
def test_the_reason_is_what_others_lack(found: list[Prediction], why: str) -> None:
    """What bounds the way that is advised is left over; what makes it faster is that of which the slower ones have less."""
    advice = advise(found, arguments=[["--way"]] * len(found), work=WORK)
    assert advice.sentence.endswith(f", since {why}.")
    assert f"It is bound by {advice.use.bound} for 90% of its time" in " ".join(advice.more)


def test_ways_are_named_with_their_retry_policy_where_there_are_several() -> None:
    """Two ways that differ in nothing else are told apart."""
    found = [prediction("threaded", 10.0, retry="fixed"), prediction("threaded", 9.9, retry="none")]
    advice = advise(found, arguments=[["--way"]] * 2, work=WORK)
    assert advice.more[0] == "Cannot be told from it: threaded with 4 workers and retry none."


def test_one_way_alone_needs_no_reason() -> None:
    """Where nothing is compared, nothing is better."""
    assert "since" not in advise([prediction("sequential", 1.0)], arguments=[["--way"]], work=WORK).sentence


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0.0, "0 s"),
        (0.0000123, "12.3 µs"),
        (0.00099996, "1 ms"),
        (0.0457, "45.7 ms"),
        (0.99999, "1 s"),
        (119.6, "2 min"),
        (8000.0, "2.22 h"),
        (3600.0 * 2500, "2,500 h"),
    ],
)
def test_times_have_the_unit_that_fits(seconds: float, shown: str) -> None:
    """Three digits that matter, rounded before the unit is chosen."""
    assert clock(seconds) == shown


def test_candidates_are_the_installed_orchestrators(registry: Registry) -> None:
    """Each stands where its attempts run, and is selected by its own options."""
    places = known_places(registry)
    assert places["sequential"] == "caller"
    assert (places["asyncio"], places["threaded"], places["multiprocess"]) == ("loop", "threads", "processes")
    found = candidates(registry, workers=[3], retries={"none": NoRetry()}, cores=2)
    by_name = {one.configuration.orchestrator: one for one in found}
    assert by_name["asyncio"].arguments == ["--orchestrator", "asyncio", "-o", "concurrency=3", "--retry", "none"]
    assert by_name["sequential"].arguments == ["--orchestrator", "sequential", "--retry", "none"]
    with pytest.raises(OptionError, match="'hedged' cannot be predicted"):
        candidates(registry, orchestrators=["hedged"], retries={"none": NoRetry()}, cores=2)


def test_costs_are_measured_once(registry: Registry) -> None:
    """What a new program pays for a run is part of the start; what was measured is found in the cache."""
    costs = costs_here(registry, "sequential", anew=True)
    assert costs.place == "caller"
    assert 0 < costs.driver < costs.startup
    assert costs_here(registry, "sequential") == costs


def test_no_process_starts_for_nothing(registry: Registry) -> None:
    """However busy the machine is: that further processes start costs at least what they compute, on all cores at once."""
    costs = costs_here(registry, "multiprocess", anew=True)
    assert costs.startup_by_worker + costs.shutdown_by_worker > 0.0001


AWAITS = """
import asyncio
from pipeline_optimization import Pipeline

async def call(line: str) -> str:
    await asyncio.sleep(0.01)
    return line

pipeline = Pipeline("calls").lines().map(call).count()
"""


def test_bundles_that_await_are_foreseen(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What was recorded one after the other is foreseen to wait beside each other in an event loop; no figure of it is marked."""
    (tmp_path / "calls.py").write_text(AWAITS)
    (tmp_path / "in.txt").write_text("line\n" * 100)
    events = str(tmp_path / "e.jsonl")
    run = ["run", "--pipeline", str(tmp_path / "calls.py"), str(tmp_path / "in.txt"), "--events", events]
    assert ended_here([*run, "--orchestrator", "sequential"], capsys)[0] == 0
    advise = [
        "advise",
        "--from",
        events,
        "--orchestrator",
        "sequential",
        "--orchestrator",
        "asyncio",
        "--workers",
        "50",
    ]
    code, output, _ = ended_here([*advise, "--items", "5000"], capsys)
    assert code == 0
    assert output.startswith("Use --orchestrator asyncio -o concurrency=50: ")
    assert "extrapolated" not in output
    code, output, _ = ended_here([*advise, "--what-if", "call.latency=10x"], capsys)
    assert code == 0
    assert "With call.latency=10x: " in output


def test_waits_outside_of_bundles_are_not_marked(events: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Only far more workers than were seen are marked."""
    command = ["advise", "--from", str(events), "--orchestrator", "threaded", "--workers", "500,501", "--detailed"]
    code, output, _ = ended_here(command, capsys)
    assert code == 0
    shown = " ".join(output.split())
    assert "threaded 500 " in shown or "threaded = 500 " in shown
    assert "threaded* 501 " in shown or "threaded =* 501 " in shown
    assert "* extrapolated: more than 100 times as many workers as in the recorded run (5)" in shown


def test_the_command_says_what_to_use(events: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of one worker and forty, which wait for a second forty times, forty threads are to be used."""
    command = ["advise", "--from", str(events), "--orchestrator", "sequential", "--orchestrator", "threaded"]
    code, output, _ = ended_here([*command, "--workers", "1,40"], capsys)
    assert code == 0
    assert output.startswith("Use --orchestrator threaded -o workers=40: about 1")
    assert "bound by" in output
    assert "sequential" in output


def test_items_that_would_fail_are_not_called_lost(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where items would fail for good, the column is called as in the report of a run; lost are attempts whose worker has died."""
    (tmp_path / "half.toml").write_text("[task.find_anagrams]\nfailure_rate = 0.5\nlatency = 1\n")
    advise = ["advise", "--faults", str(tmp_path / "half.toml"), "--items", "50", "--orchestrator", "sequential"]
    code, output, _ = ended_here([*advise, "--retry", "none", "--export", str(tmp_path / "a.json")], capsys)
    assert code == 0
    assert " attempts  failed  cores " in output
    (row,) = json.loads((tmp_path / "a.json").read_text())["predictions"]
    assert row["failed"] > 0


@pytest.mark.parametrize(
    "given",
    [["-o", "retry.delay=3", "-o", "workers=2"], ["-oretry.delay=3"], ["--retry", "fixed", "-o", "retry.delay=3"]],
)
def test_options_of_the_recorded_retry_policy_are_kept(
    given: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """They are in the command line that the events have, and so in the advised one."""
    command = ["/bin/anagram", "run", "--pipeline", "a.py", "b", *given]
    path = recorded(tmp_path / "e", [attempt(1, took=100, waited=100)], slots=1, command=command)
    code, output, errors = ended_here(["advise", "--from", path, "--orchestrator", "sequential"], capsys)
    assert code == 0
    assert output.startswith("Use --orchestrator sequential --retry fixed -o retry.delay=3: ")
    assert "had options" not in errors


def test_that_options_of_a_retry_policy_may_be_lost_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A program's run has no command line that tells them; where nothing failed they do not matter."""
    failed = {**json.loads(attempt(2, took=100)), "outcome": "error", "error": {"type": "OSError", "message": "x"}}
    command = ["program.py", "-o", "retry.delay=3"]
    told = []
    for name, attempts in (("failing", [attempt(1, took=100), json.dumps(failed)]), ("well", [attempt(1, took=100)])):
        path = recorded(tmp_path / name, attempts, slots=1, command=command)
        code, output, errors = ended_here(["advise", "--from", path, "--orchestrator", "sequential"], capsys)
        assert code == 0
        assert output.startswith("Use --orchestrator sequential --retry fixed: ")
        told.append("The events do not say whether the retry policy fixed of the recorded run had options" in errors)
    assert told == [True, False]


PIPELINE = """
import time
from pipeline_optimization import Pipeline

def nap(line: str) -> str:
    time.sleep(0.02)
    return line

pipeline = Pipeline("naps").lines().map(nap).count()
"""


def test_a_probe_shows_a_part_of_the_work(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of a thousand lines, which take 20 s, a probe of a second reads a few; the sizes of files tell how many there are."""
    (tmp_path / "naps.py").write_text(PIPELINE)
    (tmp_path / "in.txt").write_text("line\n" * 1000)
    command = ["advise", "--probe", "0.6s", "--pipeline", str(tmp_path / "naps.py"), str(tmp_path / "in.txt")]
    code, output, errors = ended_here(
        [*command, "--orchestrator", "sequential", "--export", str(tmp_path / "a.json")], capsys
    )
    assert code == 0
    assert output.startswith("Use --orchestrator sequential")
    assert "of 5,000 bytes; the rest is taken to be like them" in errors
    (found,) = json.loads((tmp_path / "a.json").read_text())["predictions"]
    assert found["seconds"] >= 15


@pytest.mark.parametrize("more", [[], ["--items", "1000"]])
def test_a_probe_ends_with_its_share_of_the_run(
    more: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the length of the run is known, two percent of it are enough, whatever time the probe may take: here it could run all lines."""
    monkeypatch.setattr("pipeline_optimization.cli.advise.probe.LEAST", 0.0)
    (tmp_path / "naps.py").write_text(PIPELINE)
    (tmp_path / "in.txt").write_text("line\n" * 1000)
    command = ["advise", "--probe", "600s", "--pipeline", str(tmp_path / "naps.py"), str(tmp_path / "in.txt")]
    seen = []

    def watched(path: str, registry: Registry) -> Observation:
        seen.append(observed(path, registry))
        return seen[-1]

    monkeypatch.setattr("pipeline_optimization.cli.advise.probe.observed", watched)
    code, output, errors = ended_here([*command, *more, "--orchestrator", "sequential"], capsys)
    assert code == 0, errors
    assert output.startswith("Use --orchestrator sequential")
    assert 20 <= seen[0].work.elements < 1000


def test_a_probe_of_compressed_files_does_not_know_how_much_there_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The sizes of compressed files are not those of what is read from them, so they tell nothing of the rest."""
    (tmp_path / "naps.py").write_text(PIPELINE)
    (tmp_path / "in.gz").write_bytes(gzip.compress(b"line\n" * 10_000))
    command = ["advise", "--probe", "0.6s", "--pipeline", str(tmp_path / "naps.py"), str(tmp_path / "in.gz")]
    code, output, errors = ended_here([*command, "--orchestrator", "sequential"], capsys)
    assert code == 0
    assert "How much there is to do is not known" in output
    assert "bytes; the rest is taken to be like them" not in errors
    assert "The sizes of the inputs do not tell how much there is to do" in errors
    assert "--items N" in errors


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--probe", "5"], "--probe runs a pipeline for some seconds"),
        (["--probe", "never", "--pipeline", "a.py", "b"], "'never' is no number of seconds"),
        (["--from", "EVENTS", "in.txt"], "Inputs go with --probe"),
        ([], "Say what the work takes, in one way: --from EVENTS"),
        (["--from", "gone.jsonl"], "gone.jsonl"),
        (["--from", "EVENTS", "--workers", "0"], "'0' is no list of numbers from 1 to"),
        (["--from", "EVENTS", "--workers", "a"], "'a' is no list of numbers"),
        (["--from", "EVENTS", "--orchestrator", "theraded"], "theraded"),
        (["--from", "EVENTS", "--retry", "often"], "often"),
    ],
)
def test_wrong_options(options: list[str], message: str, events: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The message says what is wrong, and the exit code is that of wrong use."""
    code, output, errors = ended_here(["advise", *(str(events) if one == "EVENTS" else one for one in options)], capsys)
    assert (code, output) == (2, "")
    assert message in errors
