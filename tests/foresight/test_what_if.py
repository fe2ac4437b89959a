"""What would be if: changes of a model as users write them, fault profiles as models, and what is exported."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from command import ended_here
from free_costs import FREE
from pipeline_optimization import Registry
from pipeline_optimization.builtin.retry_policies import NoRetry
from pipeline_optimization.engine.faults import TaskFaults
from pipeline_optimization.errors import OptionError
from pipeline_optimization.foresight.advice import advise
from pipeline_optimization.foresight.advice_export import exported
from pipeline_optimization.foresight.candidates import candidates
from pipeline_optimization.foresight.costs import Machine, Place
from pipeline_optimization.foresight.profiled import profiled
from pipeline_optimization.foresight.simulate import Configuration, Prediction, simulate
from pipeline_optimization.foresight.step_work import StepWork
from pipeline_optimization.foresight.what_if import SPEEDS, faster, parse_what_if
from pipeline_optimization.foresight.work import FollowUp, TaskWork, WorkModel
from pipeline_optimization.types.durations import Durations, constant, empirical

TASKS = {
    "fetch": TaskFaults(failure_rate=0.2, latency=constant(1.0), errors=(("OSError", 1.0),)),
    "parse": TaskFaults(compute=constant(0.5)),
}
WORK = profiled(TASKS, 20, source="lines")


def seconds(work: WorkModel, place: Place = "threads", workers: int = 4) -> float:
    configuration = Configuration(orchestrator="imagined", workers=workers, retry=NoRetry(), retry_name="none")
    return simulate(work, configuration, FREE[place], Machine(cores=2), seed=1).seconds


def test_a_profile_is_a_model() -> None:
    """Each element goes through all tasks of the profile, and waits, computes and fails as it says."""
    assert list(WORK.tasks) == ["lines", "fetch", "parse"]
    assert WORK.number_of_items() == {"lines": 20, "fetch": 20, "parse": 20}
    assert WORK.wait == pytest.approx(20.0)
    assert WORK.compute == pytest.approx(10.0)
    half = profiled(TASKS, 20, scale=0.5)
    assert (half.wait, half.delay_scale) == (10.0, 0.5)


def test_stragglers_are_a_share_of_calls() -> None:
    """A twentieth of calls that take twenty times as long add as much as all others take."""
    faults = {"fetch": TaskFaults(sleep_time=1.0, stragglers=0.05, slowness=20.0)}
    wait = profiled(faults, 1).tasks["fetch"].wait
    assert wait.at(0.94) == pytest.approx(1.0)
    assert wait.at(0.96) == pytest.approx(20.0)
    assert wait.mean == pytest.approx(0.95 + 0.05 * 20)


@pytest.mark.parametrize(
    ("text", "wait", "compute", "failure_rate"),
    [
        ("fetch.latency=0.5x", 10.0, 10.0, 0.2),
        ("fetch.latency=3", 60.0, 10.0, 0.2),
        ("fetch.failure_rate=0", 20.0, 10.0, 0.0),
        ("fetch.failure_rate=2x", 20.0, 10.0, 0.4),
        ("fetch.failure_rate=9x", 20.0, 10.0, 1.0),
        ("parse.compute=0x", 20.0, 0.0, 0.2),
        ("parse.compute=0.1", 20.0, 2.0, 0.2),
    ],
)
def test_changes_of_a_task(text: str, wait: float, compute: float, failure_rate: float) -> None:
    """A factor multiplies, and a number is what it is instead."""
    work = parse_what_if([text], WORK).of(WORK)
    assert work.wait == pytest.approx(wait)
    assert work.compute == pytest.approx(compute)
    assert work.tasks["fetch"].failure_rate == failure_rate


def test_changes_are_combined() -> None:
    """Each is one of several at once; ranges of workers are a curve with both ends."""
    change = parse_what_if(
        ["fetch.latency=0.5x", "parse.compute=0.5x", "workers=3..40", "workers=7", "retry=none"], WORK
    )
    assert change.of(WORK).wait == pytest.approx(10.0)
    assert change.of(WORK).compute == pytest.approx(5.0)
    assert change.workers == [3, 5, 7, 10, 20, 40]
    assert change.retries == ["none"]


STEPS = {
    "split": StepWork(calls=1.0, compute=0.25),
    "ask": StepWork(calls=2.0, compute=0.25, blocked=1.0),
}
BUNDLES = WorkModel(
    tasks={
        "lines": TaskWork(
            compute=empirical([0.5, 1.5]),
            blocked=constant(1.0),
            is_bundled=True,
            steps=STEPS,
            follow_ups=(FollowUp(task="ask", share=0.1, has_failed=True),),
        ),
        "ask": TaskWork(compute=constant(0.2), blocked=constant(0.5)),
    },
    source="lines",
    items=1,
    elements=10,
)
"""Ten elements in bundles, of whose second of computing each step has a quarter; a tenth of them is asked for once more, alone."""


@pytest.mark.parametrize(
    ("texts", "compute", "wait"),
    [
        ([], 10 + 0.2, 10 + 0.5),
        (["split.compute=0.5x"], 10 - 1.25 + 0.2, 10.5),
        (["split.compute=0"], 10 - 2.5 + 0.2, 10.5),
        (["split.compute=0.5"], 10 + 2.5 + 0.2, 10.5),
        # A step that has attempts of its own, too, is changed in both.
        (["ask.compute=0x"], 10 - 2.5, 10.5),
        (["ask.latency=0.5x"], 10.2, 5.25),
        (["ask.latency=0.1"], 10.2, 10 * 2 * 0.1 + 0.1),
        (["split.latency=0.1"], 10.2, 10 + 1 + 0.5),
        # The bundle as a whole has its steps' times and others.
        (["lines.compute=0.5x"], 5 + 0.2, 10.5),
        (["lines.compute=0.5x", "split.compute=0x"], 5 - 1.25 + 0.2, 10.5),
        (["split.compute=0x", "split.compute=1"], 10 - 2.5 + 10 + 0.2, 10.5),
    ],
)
def test_changes_of_a_step_of_a_bundle(texts: Sequence[str], compute: float, wait: float) -> None:
    """What a step takes is a part of what the bundle takes: a factor is of that part, and a number is what one call takes."""
    work = parse_what_if(texts, BUNDLES).of(BUNDLES)
    assert work.compute == pytest.approx(compute)
    assert work.wait == pytest.approx(wait)


def test_times_of_bundles_keep_their_shape() -> None:
    """Slow bundles are as much slower than quick ones as they were."""
    task = parse_what_if(["split.compute=0x"], BUNDLES).of(BUNDLES).tasks["lines"]
    assert [task.compute.least, task.compute.most] == pytest.approx([0.375, 1.125])


def test_each_step_is_asked_for() -> None:
    """The table of what would be worth making faster has the steps of bundles, too."""
    found = faster(BUNDLES, lambda work: work.compute + work.wait)
    assert list(found) == ["lines", "split", "ask"]
    assert found["split"][SPEEDS.index(0.0)] == pytest.approx(20.7 - 2.5)
    assert found["ask"][SPEEDS.index(0.0)] == pytest.approx(20.7 - 12.5 - 0.7)


def test_failures_of_a_step_of_a_bundle_are_not_modelled() -> None:
    """A step no call of which failed has no rate to change, and the message says what it has."""
    with pytest.raises(OptionError, match=r"no call of 'split' failed.*It has latency, compute\."):
        parse_what_if(["split.failure_rate=0"], BUNDLES)
    assert parse_what_if(["ask.failure_rate=0.5"], BUNDLES).of(BUNDLES).tasks["ask"].failure_rate == 0.5


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("fetch", "is no change. Allowed are TASK.latency=0.5x"),
        ("fetch.latency=", "is no change"),
        ("speed=2", "is no change"),
        ("fecth.latency=1", r"there is no task 'fecth'\. There are lines, fetch, parse\. Did you mean 'fetch'\?"),
        ("fetch.latncy=1", r"a task has latency, compute, failure_rate, limit, rate\. Did you mean 'latency'\?"),
        ("fetch.latency=fast", r"latency takes seconds such as 0\.2, or a factor such as 0\.5x, not 'fast'"),
        ("fetch.latency=-1", "latency takes seconds"),
        ("fetch.latency=nanx", "latency takes seconds"),
        ("fetch.failure_rate=2", "failure_rate takes from 0 to 1, or a factor"),
        ("workers=0", r"workers takes a number from 1 to 100,000 such as 8, or a range such as 1\.\.1000"),
        ("workers=9..3", "workers takes a number"),
        ("workers=many", "workers takes a number"),
    ],
)
def test_wrong_changes(text: str, message: str) -> None:
    """The message repeats the change, and says what is allowed."""
    with pytest.raises(OptionError, match=message):
        parse_what_if([text], WORK)


@settings(max_examples=30, deadline=None)
@given(
    wait=st.lists(st.floats(0, 5), min_size=1, max_size=4).map(empirical),
    compute=st.lists(st.floats(0, 5), min_size=1, max_size=4).map(empirical),
    place=st.sampled_from(sorted(FREE)),
)
def test_a_factor_of_one_changes_nothing(wait: Durations, compute: Durations, place: Place) -> None:
    """What is multiplied by one is what it was, and so is the run."""
    work = WorkModel(tasks={"a": TaskWork(wait=wait, compute=compute, failure_rate=0.1)}, source="a", items=12)
    same = parse_what_if(["a.latency=1x", "a.compute=1x", "a.failure_rate=1x"], work).of(work)
    assert seconds(same, place) == seconds(work, place)


def test_only_what_bounds_a_run_is_worth_making_faster() -> None:
    """Where a task computes beside waits that take longer, making it faster gains nothing, and the wait all there is."""
    tasks = {"fetch": TaskFaults(latency=constant(4.0)), "parse": TaskFaults(compute=constant(0.01))}
    work = profiled(tasks, 40)
    found = faster(work, lambda one: seconds(one, "threads", 4))
    assert list(found) == ["fetch", "parse"]
    before = seconds(work, "threads", 4)
    assert found["parse"][SPEEDS.index(0.0)] == pytest.approx(before, rel=0.05)
    assert found["fetch"][SPEEDS.index(0.5)] == pytest.approx(before / 2, rel=0.1)


PROFILE = """
[task.fetch]
failure_rate = 0.1
latency = 0.2
[task.parse]
compute = 0.01
"""


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    path = tmp_path / "services.toml"
    path.write_text(PROFILE)
    return path


def test_the_command_foresees_a_profile(profile: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of a profile and a number of elements there are an answer, a curve over workers, and files in three forms."""
    exports = [tmp_path / name for name in ("a.json", "a.md", "a.html")]
    command = ["advise", "--faults", str(profile), "--items", "50", "--orchestrator", "sequential"]
    command += ["--orchestrator", "threaded", "--what-if", "fetch.latency=0.5x", "--what-if", "workers=1..10"]
    code, output, errors = ended_here([*command, *(f"--export={one}" for one in exports)], capsys)
    assert code == 0
    assert output.startswith("Use --orchestrator threaded -o workers=")
    assert "With fetch.latency=0.5x, workers=1..10:" in output
    assert "if a task took" in output
    assert "not in a profile" in errors
    document = json.loads(exports[0].read_text())
    assert document["sentence"] in " ".join(output.split())
    assert {one["workers"] for one in document["predictions"]} == {1, 2, 5, 10}
    assert all(one["low"] <= one["seconds"] <= one["high"] for one in document["predictions"])
    assert "| threaded | 10 |" in exports[1].read_text()
    page = exports[2].read_text()
    assert "<svg" in page
    assert "<script" not in page


def answer(profile: Path, capsys: pytest.CaptureFixture[str], *options: str) -> str:
    command = ["advise", "--faults", str(profile), "--items", "50", "--orchestrator", "threaded", *options]
    code, output, _ = ended_here(command, capsys)
    assert code == 0
    return " ".join(output.split())


def test_another_retry_policy_is_compared_with_the_one_there_would_be(
    profile: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before the change, the policy is the default one; the advised command names the other, even where it is the only one."""
    output = answer(profile, capsys, "--workers", "4", "--what-if", "retry=none")
    assert output.startswith("Use --orchestrator threaded -o workers=4 --retry none: ")
    assert "With retry=none: " in output
    assert "(threaded with 4 workers and retry none) instead of" in output
    assert "(threaded with 4 workers and retry exponential)" in output
    assert "items will fail for good instead of 0." in output


def test_other_numbers_of_workers_are_compared_with_those_there_would_be(
    profile: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A change of workers alone says what it is worth, as one of the work does."""
    output = answer(profile, capsys, "--workers", "2", "--what-if", "workers=20")
    assert "With workers=20: " in output
    assert "(threaded with 20 workers) instead of" in output
    assert "(threaded with 2 workers)" in output


def test_the_run_as_it_is_may_be_best_with_what_the_change_leaves_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only an event loop takes five thousand workers; what computes is best in processes without the change."""
    monkeypatch.setattr("pipeline_optimization.foresight.calibrate.this_machine", lambda: Machine(cores=2))
    computes = tmp_path / "computes.toml"
    computes.write_text("[task.parse]\ncompute = 0.2\n")
    command = ["advise", "--faults", str(computes), "--items", "100", "--what-if", "workers=5000", "--workers", "2"]
    code, output, _ = ended_here([*command, "--orchestrator", "asyncio", "--orchestrator", "multiprocess"], capsys)
    assert code == 0
    assert "(asyncio with 5,000 workers) instead of" in " ".join(output.split())
    assert "(multiprocess with 2 workers)" in " ".join(output.split())


def test_a_policy_that_is_not_the_default_is_in_the_advised_command(
    profile: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What was foreseen under a policy is run under it."""
    assert answer(profile, capsys, "--workers", "4", "--retry", "fixed").startswith(
        "Use --orchestrator threaded -o workers=4 --retry fixed: "
    )
    assert answer(profile, capsys, "--workers", "4", "--retry", "exponential").startswith(
        "Use --orchestrator threaded -o workers=4: "
    )


def test_no_number_of_workers_is_advised_that_no_run_takes(
    profile: Path, registry: Registry, capsys: pytest.CaptureFixture[str]
) -> None:
    """An orchestrator is left out of a curve where its option ends, and where all are, the message says what they take."""
    found = candidates(
        registry, orchestrators=["asyncio", "threaded"], workers=[1024, 5000], retries={"none": NoRetry()}, cores=2
    )
    chosen = [(one.configuration.orchestrator, one.configuration.workers) for one in found]
    assert chosen == [("asyncio", 1024), ("asyncio", 5000), ("threaded", 1024)]
    command = ["advise", "--faults", str(profile), "--items", "50", "--orchestrator", "threaded", "--workers", "5000"]
    code, _, errors = ended_here(command, capsys)
    assert code == 2
    assert "No orchestrator takes 5,000 workers: at most, threaded takes 1,024." in errors


def test_exports_have_the_marks_of_the_table() -> None:
    """Ties, what lies outside of what was seen, and ways that stop early are seen in files, too, and so is the change."""
    way = Prediction(
        configuration=Configuration(orchestrator="a", workers=1, retry=NoRetry(), retry_name="none"),
        seconds=1.0, low=0.9, high=1.1, attempts=1, failures=0, busy_cores=1.0, floor=0.0, bound="waits", share=1.0,
    )  # fmt: skip
    tied = evolve(way, configuration=evolve(way.configuration, orchestrator="b"), extrapolated=["far away"])
    ended = evolve(way, configuration=evolve(way.configuration, orchestrator="c"), stopped="too many failures")
    advice = advise([way, tied, ended], arguments=[["--way"]] * 3, work=WORK)
    markdown, page, data = (exported(advice, f"x.{form}", change="With less: 1 s.") for form in ("md", "html", "json"))
    for text, star in ((markdown, r"\*"), (page, "*")):
        assert f"b ={star}" in text
        assert f"{star} extrapolated: far away" in text
        assert "stops early" in text
        assert "With less: 1 s." in text
        assert "= cannot be told from the best" in text
    assert json.loads(data)["change"] == "With less: 1 s."


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--faults", "PROFILE"], "add --items N"),
        (["--faults", "PROFILE", "--items", "0"], "0 is not in the range"),
        (["--faults", "PROFILE", "--items", "9", "--from", "x"], "in one way"),
        (["--faults", "gone.toml", "--items", "9"], "'gone.toml' cannot be read"),
        (["--faults", "exercise", "--items", "9"], "names no task: say whose tasks it is for, with --pipeline"),
        (["--faults", "PROFILE", "--items", "9", "--export", "a.pdf"], "--export writes .json, .md, .html files"),
        (["--faults", "PROFILE", "--items", "9", "--latency-scale", "-1"], "must be a number of at least 0, not -1.0"),
        (["--faults", "PROFILE", "--items", "9", "--latency-scale", "nan"], "must be a number of at least 0, not nan"),
        (["--faults", "PROFILE", "--items", "9", "--what-if", "get.latency=0"], "there is no task 'get'"),
        (["--from", "x", "--pipeline", "y.py"], "go with --faults"),
    ],
)
def test_wrong_options(options: list[str], message: str, profile: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The message says what is wrong, and nothing is written."""
    code, output, errors = ended_here(
        ["advise", *(str(profile) if one == "PROFILE" else one for one in options)], capsys
    )
    assert (code, output) == (2, "")
    assert message in errors
