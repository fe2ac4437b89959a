"""What would be if: changes of a model as users write them, fault profiles as models, and what is exported."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from command import ended_here
from pipeline_optimization.builtin.retry_policies import NoRetry
from pipeline_optimization.engine.faults import TaskFaults
from pipeline_optimization.errors import OptionError
from pipeline_optimization.foresight.costs import FREE, Machine, Place
from pipeline_optimization.foresight.profiled import profiled
from pipeline_optimization.foresight.simulate import Configuration, simulate
from pipeline_optimization.foresight.what_if import SPEEDS, faster, parse_what_if
from pipeline_optimization.foresight.work import TaskWork, WorkModel
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
    work = parse_what_if([text], list(WORK.tasks)).of(WORK)
    assert work.wait == pytest.approx(wait)
    assert work.compute == pytest.approx(compute)
    assert work.tasks["fetch"].failure_rate == failure_rate


def test_changes_are_combined() -> None:
    """Each is one of several at once; ranges of workers are a curve with both ends."""
    change = parse_what_if(
        ["fetch.latency=0.5x", "parse.compute=0.5x", "workers=3..40", "workers=7", "retry=none"], list(WORK.tasks)
    )
    assert change.of(WORK).wait == pytest.approx(10.0)
    assert change.of(WORK).compute == pytest.approx(5.0)
    assert change.workers == [3, 5, 7, 10, 20, 40]
    assert change.retries == ["none"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("fetch", "is no change. Allowed are TASK.latency=0.5x"),
        ("fetch.latency=", "is no change"),
        ("speed=2", "is no change"),
        ("fecth.latency=1", r"there is no task 'fecth'\. There are lines, fetch, parse\. Did you mean 'fetch'\?"),
        ("fetch.latncy=1", r"a task has latency, compute, failure_rate\. Did you mean 'latency'\?"),
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
        parse_what_if([text], list(WORK.tasks))


@settings(max_examples=30, deadline=None)
@given(
    wait=st.lists(st.floats(0, 5), min_size=1, max_size=4).map(empirical),
    compute=st.lists(st.floats(0, 5), min_size=1, max_size=4).map(empirical),
    place=st.sampled_from(sorted(FREE)),
)
def test_a_factor_of_one_changes_nothing(wait: Durations, compute: Durations, place: Place) -> None:
    """What is multiplied by one is what it was, and so is the run."""
    work = WorkModel(tasks={"a": TaskWork(wait=wait, compute=compute, failure_rate=0.1)}, source="a", items=12)
    same = parse_what_if(["a.latency=1x", "a.compute=1x", "a.failure_rate=1x"], ["a"]).of(work)
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
