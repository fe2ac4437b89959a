"""Fault profiles of users: files, dictionaries, objects and plugins, and what calls meet under them."""

from __future__ import annotations

import json
import time
from pathlib import Path
from statistics import NormalDist
from typing import Any

import pytest
from attrs import frozen
from hypothesis import given
from hypothesis import strategies as st

import pipeline_functions as f
from command import ended_here
from pipeline_optimization import Pipeline, Registry, count_anagrams, run
from pipeline_optimization.engine.faults import FaultPlan, FaultSettings, TaskFaults, pass_latency
from pipeline_optimization.engine.profile_files import profile_from, read_profile
from pipeline_optimization.engine.profiles import PROFILES, faults_under
from pipeline_optimization.engine.virtual import VirtualOrchestrator
from pipeline_optimization.errors import CheckpointError, OptionError, UnknownComponentError
from pipeline_optimization.hookspecs import hookimpl
from pipeline_optimization.types import Component, FaultProfile, LogNormal, NoOptions, Quantiles, TaskProfile
from pipeline_optimization.types.durations import constant, empirical
from project_files import ROOT

WORDS = "the cat sat on the mat\n" * 3
LENGTHS = Pipeline("lengths").lines().map(f.upper).count()
AT_ONCE = "[task.filter_input]\nlatency = 0\n[task.get_words]\nlatency = 0\n"
TIMES = st.lists(st.floats(0, 1e6), min_size=1, max_size=50)


def test_the_projects_profiles_are_files() -> None:
    """Each of the five is a file like a user's, and says what it always did."""
    home = ROOT / "src" / "pipeline_optimization" / "fault_profiles"
    assert sorted(path.stem for path in home.glob("*.toml")) == sorted(PROFILES)
    for name, profile in PROFILES.items():
        assert read_profile(home / f"{name}.toml") == profile
    assert PROFILES["heavy"] == FaultProfile(failures=2.0, times=2.0)
    assert PROFILES["tail"] == FaultProfile(times=1.0, stragglers=0.03, slowness=20.0)
    assert PROFILES["none"] == FaultProfile()


@pytest.mark.parametrize(
    ("written", "share", "seconds"),
    [
        ("0.25", 0.7, 0.25),
        ("{ median = 0.12, p95 = 0.9 }", 0.5, 0.12),
        ("{ median = 0.12, p95 = 0.9 }", 0.95, 0.9),
        ("{ p50 = 0.12, p99 = 3 }", 0.99, 3.0),
        ("{ median = 0.12, p10 = 0.05 }", 0.1, 0.05),
        ("{ median = 0.12, p10 = 0.05 }", 0.5, 0.12),
        ("{ min = 1, median = 2, max = 3 }", 0.25, 1.5),
        ("{ min = 0, max = 4 }", 0.25, 1.0),
        ("{ min = 0.1, p50 = 0.2, p90 = 1, max = 3 }", 0.7, 0.6),
        ("{ samples = [3, 1, 2] }", 0.5, 2.0),
        ('{ samples = "latencies.csv" }', 1.0, 0.4),
    ],
)
def test_times(written: str, share: float, seconds: float, tmp_path: Path) -> None:
    """A time is a constant, a log-normal distribution, quantiles, or samples, in the file or in one beside it."""
    (tmp_path / "latencies.csv").write_text("seconds\n0.1\n\n0.4\n0.2\n")
    (tmp_path / "p.toml").write_text(f"[task.fetch]\nlatency = {written}\n")
    latency = read_profile(tmp_path / "p.toml").tasks["fetch"].latency
    assert latency is not None
    assert latency.at(share) == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("failurs = 1", r"there is no key 'failurs'\. Allowed are failures, .*Did you mean 'failures'\?"),
        ("times = -1", r"times must be a number of at least 0, not -1\.0"),
        ("stragglers = 2", r"stragglers must be from 0 to 1"),
        ("times = '1'", r"times is '1'\. Allowed: a number\."),
        ("times = true", r"times is True\. Allowed: a number\."),
        ("task = 3", r"task is 3\. Allowed: tables, such as \[task\.fetch\]"),
        ("[task.fetch]\nlatncy = 1", r"there is no key 'task\.fetch\.latncy'.*Did you mean 'latency'"),
        ("[task.fetch]\nlatency = 'slow'", r"task\.fetch\.latency is 'slow'\. Allowed: seconds, such as 0\.2;"),
        ("[task.fetch]\nlatency = -1", r"task\.fetch\.latency: times must be numbers of seconds of at least 0"),
        ("[task.fetch]\nlatency = { median = 0.1 }", r"task\.fetch\.latency needs two quantiles at least"),
        ("[task.fetch]\nlatency = { mean = 0.1, max = 1 }", r"task\.fetch\.latency has no key 'mean'"),
        ("[task.fetch]\nlatency = { median = 2, p95 = 1 }", r"task\.fetch\.latency: the median and the other quantile"),
        ("[task.fetch]\nlatency = { p10 = 1, p90 = 2 }", r"task\.fetch\.latency: shares must rise from 0 to 1"),
        ("[task.fetch]\nlatency = { median = 1, p10 = 2 }", r"task\.fetch\.latency: the median and the other quantile"),
        ("[task.fetch]\nlatency = { median = 1, p50 = 1 }", r"task\.fetch\.latency: shares must rise from 0 to 1"),
        ("[task.fetch]\nlatency = { min = 1, median = 2 }", r"task\.fetch\.latency: shares must rise from 0 to 1"),
        ("[task.fetch]\nlatency = { min = 2, max = 1 }", r"task\.fetch\.latency: times must not fall"),
        ("[task.fetch]\ncompute = { samples = [] }", r"task\.fetch\.compute: there is no sample"),
        ("[task.fetch]\ncompute = { samples = 'gone.csv' }", r"task\.fetch\.compute: .*gone\.csv' cannot be read"),
        ("[task.fetch]\nfailure_rate = 1.5", r"task\.fetch: failure_rate must be from 0 to 1, not 1\.5"),
        ("[task.fetch]\nerrors = 3", r"task\.fetch\.errors is 3\. Allowed: names with weights"),
        ("[task.fetch]\nerrors = { OSError = 0 }", r"task\.fetch: the weight of OSError in errors must be"),
        ("[task", r"is no TOML: "),
    ],
)
def test_wrong_profiles(written: str, message: str, tmp_path: Path) -> None:
    """The message names the file, the key, and what is allowed."""
    path = tmp_path / "p.toml"
    path.write_text(written)
    with pytest.raises(OptionError, match=message) as error:
        read_profile(path)
    assert str(path) in str(error.value)


def test_a_profile_with_a_byte_order_mark(tmp_path: Path) -> None:
    """Some editors write one, as they do in files of samples."""
    path = tmp_path / "p.toml"
    path.write_text("[task.fetch]\nfailure_rate = 0.5\n", "utf-8-sig")
    assert read_profile(path).tasks["fetch"].failure_rate == 0.5


def test_a_line_that_is_no_number(tmp_path: Path) -> None:
    """The message names the line of the file of samples."""
    (tmp_path / "t.csv").write_text("seconds\n0.1\nfast\n")
    (tmp_path / "p.toml").write_text('[task.fetch]\nlatency = { samples = "t.csv" }\n')
    with pytest.raises(OptionError, match=r"line 3 of .*t\.csv' is no number: 'fast'"):
        read_profile(tmp_path / "p.toml")


def test_a_byte_order_mark_is_no_header(tmp_path: Path) -> None:
    """A spreadsheet may write one before the first sample, which counts all the same."""
    (tmp_path / "t.csv").write_bytes(b"\xef\xbb\xbf0.5\n1.5\n")
    profile = profile_from({"task": {"t": {"latency": {"samples": "t.csv"}}}}, directory=tmp_path)
    assert profile.tasks["t"].latency == empirical([0.5, 1.5])


def test_a_median_alone_is_no_distribution() -> None:
    """The other quantile must be another one."""
    with pytest.raises(ValueError, match="the median and the other quantile"):
        LogNormal.through(1.0, 0.5, 1.0)


@given(TIMES, st.lists(st.floats(0, 1), min_size=2, max_size=10))
def test_samples_law(samples: list[float], shares: list[float]) -> None:
    """Draws lie between the least and the largest sample, and a larger share takes no less time."""
    durations = empirical(samples)
    drawn = [durations.at(share) for share in sorted(shares)]
    assert drawn == sorted(drawn)
    assert min(samples) <= drawn[0] <= drawn[-1] <= max(samples)
    assert (durations.least, durations.most) == (min(samples), max(samples))
    assert durations.least <= durations.mean * (1 + 1e-9) + 1e-12
    assert durations.mean <= durations.most * (1 + 1e-9)


@given(st.lists(st.floats(0, 100), min_size=1, max_size=30))
def test_samples_keep_their_mean(samples: list[float]) -> None:
    """Drawing takes as long on average as the samples did, however many are like each other."""
    assert empirical(samples).mean == pytest.approx(sum(samples) / len(samples), abs=1e-9)


@given(st.lists(st.tuples(st.floats(0, 100), st.floats(1e-3, 1e3)), min_size=1, max_size=30))
def test_samples_keep_their_weighted_mean(pairs: list[tuple[float, float]]) -> None:
    """A sample that came thousand times counts thousand times, though the distribution has few points."""
    values, weights = [value for value, _ in pairs], [weight for _, weight in pairs]
    mean = sum(value * weight for value, weight in pairs) / sum(weights)
    durations = empirical(values, weights)
    assert durations.mean == pytest.approx(mean, rel=1e-6, abs=1e-6)
    assert (durations.least, durations.most) == (min(values), max(values))


def test_the_slowest_of_ten_samples_has_its_whole_weight() -> None:
    """Nine that took nothing and one of ten seconds took one second on average."""
    assert empirical([0.0] * 9 + [10.0]).mean == pytest.approx(1.0)


@given(st.floats(1e-3, 1e3), st.floats(1.01, 100), st.floats(0.51, 0.999))
def test_log_normal_law(median: float, factor: float, share: float) -> None:
    """The distribution goes through both of its quantiles."""
    durations = LogNormal.through(median, share, median * factor)
    assert durations.at(0.5) == pytest.approx(median)
    assert durations.at(share) == pytest.approx(median * factor)
    assert durations.at(0.0) >= 0


def test_many_samples_are_thinned() -> None:
    """A hundred thousand samples become ten thousand points; the mean and both ends stay."""
    durations = empirical(range(100_001))
    assert len(durations.points) <= 10_001
    assert [durations.at(share) for share in (0, 0.5, 1)] == pytest.approx([0, 50_000, 100_000], abs=1)
    assert durations.mean == pytest.approx(50_000)


def test_draws_follow_the_profile() -> None:
    """Failures, errors and latencies come as often as the profile says, and the same each time."""
    task = TaskProfile(
        failure_rate=0.3, latency=LogNormal(0.1, 0.5), compute=constant(0.2), errors={"TimeoutError": 3, "OSError": 1}
    )
    declared = TaskFaults(failure_rate=0.9, sleep_time=9.0)
    plan = FaultPlan(tasks={"t": faults_under(FaultProfile(times=1.0, tasks={"t": task}), "t", declared)}, seed=5)
    draws = [plan.draw("t", str(number), 1) for number in range(4000)]
    assert draws == [plan.draw("t", str(number), 1) for number in range(4000)]
    failed = [draw.error for draw in draws if draw.fails]
    assert len(failed) / 4000 == pytest.approx(0.3, abs=0.03)
    assert failed.count("TimeoutError") / len(failed) == pytest.approx(0.75, abs=0.05)
    assert {draw.error for draw in draws if not draw.fails} == {""}
    assert {draw.compute for draw in draws} == {0.2}
    below = sum(draw.latency <= 0.1 * 2.718281828 ** (0.5 * NormalDist().inv_cdf(0.9)) for draw in draws)
    assert below / 4000 == pytest.approx(0.9, abs=0.02)


def test_a_task_that_is_not_named_is_as_it_declares() -> None:
    """The profile's factors hold for tasks that it does not name."""
    profile = profile_from({"times": 2, "task": {"other": {"latency": 1}}})
    assert faults_under(profile, "t", TaskFaults(0.1, 0.3)) == TaskFaults(0.1, 0.6)


def test_computing_keeps_the_core_busy() -> None:
    """A call computes for the drawn time, by the clock of its own thread."""
    plan = FaultPlan(tasks={"t": TaskFaults(compute=constant(0.02))}, seed=1)
    assert plan.simulates("t")
    before = time.thread_time()
    pass_latency("t", "", lambda: plan.draw("t", "x", 1))
    assert time.thread_time() - before >= 0.02


@pytest.mark.parametrize("slots", [1, 2, None])
def test_virtual_time_is_exact(slots: int | None) -> None:
    """Three lines of 0.5 s of waiting and 0.25 s of computing take 0.75 s each on their worker; users' seconds are not scaled."""
    faults = {"task": {"upper": {"latency": 0.5, "compute": 0.25}}}
    report = run(LENGTHS, WORDS, orchestrator=VirtualOrchestrator(slots), faults=faults, seed=1)
    assert report.result == run(LENGTHS, WORDS).result
    assert report.runtime == pytest.approx({1: 2250, 2: 1500, None: 750}[slots])
    assert report.summary.floor == pytest.approx(750)


@frozen
class Broken:
    """A distribution of a user's own that has a bug."""

    least = mean = 0.0
    most = 5.0

    def at(self, share: float) -> float:
        raise ZeroDivisionError("at() is wrong")


@pytest.mark.parametrize("orchestrator", [VirtualOrchestrator(2), "sequential", "threaded", "asyncio"])
def test_a_distribution_that_raises_is_no_calm(orchestrator: Any) -> None:
    """Its error is the failure of each call that should draw from it. The calls do not go on as if there were no faults."""
    faults = FaultProfile(tasks={"upper": TaskProfile(latency=Broken())})
    report = run(LENGTHS, WORDS, orchestrator=orchestrator, faults=faults, seed=1, retry="none")
    assert {one.error.type for one in report.failed_items} == {"ZeroDivisionError"}
    assert len(report.failed_items) == 3


def test_failures_have_the_names_that_the_profile_says() -> None:
    """What fails for good fails with the exception that the failure stands for, marked as simulated."""
    faults = FaultProfile(tasks={"upper": TaskProfile(failure_rate=1.0, errors={"ConnectionResetError": 1})})
    report = run(LENGTHS, WORDS, faults=faults, retry="none", seed=1)
    assert {(failed.error.type, failed.error.injected) for failed in report.failed_items} == {
        ("ConnectionResetError", True)
    }
    assert report.failures == {("upper", "ConnectionResetError"): 3}


def test_the_builtin_pipeline_runs_under_it(tmp_path: Path) -> None:
    """A file's name in the library does what it does on the command line, and the report names it."""
    path = tmp_path / "slow.toml"
    path.write_text(AT_ONCE + "[task.find_anagrams]\nlatency = 0.001\nfailure_rate = 0.2\n")
    report = count_anagrams("the cat", faults=str(path), seed=3, retry_options={"base": 0.0})
    assert report.anagram_counts["cat"] == 1
    assert (report.faults, report.latency_scale) == (str(path), 1.0)
    assert report.floor > 0


def test_commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """``--faults FILE.toml`` simulates it for a text and for a test case; what is wrong in it ends the command with 2."""
    monkeypatch.chdir(tmp_path)
    Path("p.toml").write_text(AT_ONCE + "failure_rate = 0.5\n[task.find_anagrams]\nlatency = 0\n")
    for given_ in (("--text", "cat"), ("--test-case", "small")):
        arguments = ["run", *given_, "--faults", "p.toml", "--seed", "1", "-o", "retry.base=0", "--format", "json"]
        code, out, err = ended_here(arguments, capsys)
        assert code == 0, err
        report = json.loads(out)
        assert (report["faults"], report["latency_scale"]) == ("p.toml", 1.0)
    Path("p.toml").write_text("[task.get_words]\nfailure_rate = 5\n")
    code, out, err = ended_here(["run", "--text", "cat", "--faults", "p.toml"], capsys)
    assert (code, out) == (2, "")
    assert "In the fault profile 'p.toml', task.get_words: failure_rate must be from 0 to 1" in err
    code, _, err = ended_here(["run", "--text", "cat", "--faults", "gone.toml"], capsys)
    assert code == 2
    assert "The fault profile 'gone.toml' cannot be read" in err


@pytest.mark.parametrize(
    ("tasks", "warnings"),
    [
        (("upper",), []),
        (("upper", "look_up"), []),  # a profile may be of several pipelines
        (("uper", "look_up"), ["names the task 'uper', which this run does not have. Did you mean 'upper'?"]),
        (("upper", "uper"), ["names the task 'uper', which this run does not have. Did you mean 'upper'?"]),
        (("look_up", "fetch"), ["names no task of this run. Its tasks: upper."]),
        ((), []),
    ],
)
def test_a_task_that_the_run_does_not_have(tasks: tuple[str, ...], warnings: list[str]) -> None:
    """A misspelt section would simulate nothing, so a warning names it; sections for other pipelines are nothing to warn of."""
    faults = FaultProfile(tasks={name: TaskProfile(latency=constant(0.0001)) for name in tasks})
    report = run(LENGTHS, WORDS, orchestrator=VirtualOrchestrator(1), faults=faults, seed=1)
    assert list(report.warnings) == [f"The fault profile {report.summary.faults.profile} {text}" for text in warnings]


def test_a_misspelt_stage(tmp_path: Path) -> None:
    """The same holds for the built-in pipeline, also if the profile then simulates nothing."""
    path = tmp_path / "slow.toml"
    path.write_text("failures = 0\ntimes = 0\n[task.get_wrds]\nlatency = 1\n")
    (warning,) = count_anagrams("cat", faults=str(path), seed=1).warnings
    assert warning.endswith("names the task 'get_wrds', which this run does not have. Did you mean 'get_words'?")


def test_names(tmp_path: Path) -> None:
    """A plugin registers a profile by its name; an unknown name is told with those that there are."""

    class Slow:
        @hookimpl
        def anagram_register_fault_profiles(self) -> list[Component[Any, Any]]:
            task = TaskProfile(latency=Quantiles(((0, 0.25), (1, 0.25))))
            return [
                Component(
                    name="slow",
                    summary="slow",
                    factory=lambda options: FaultProfile(tasks={"upper": task}),
                    options=NoOptions,
                )
            ]

    registry = Registry.load()
    registry.register(Slow(), "slow")
    report = run(LENGTHS, WORDS, orchestrator=VirtualOrchestrator(1), faults="slow", seed=1, registry=registry)
    assert report.runtime == pytest.approx(750)
    with pytest.raises(
        UnknownComponentError, match=r"Unknown fault profile 'slwo'\. Did you mean 'slow'\? Installed: exercise, heavy"
    ):
        run(LENGTHS, WORDS, faults="slwo", registry=registry)
    with pytest.raises(OptionError, match="not 3"):
        run(LENGTHS, WORDS, faults=3)  # type: ignore[arg-type]


def test_another_profile_is_another_run(tmp_path: Path) -> None:
    """A checkpoint refuses a profile of the same name with other contents."""
    path = tmp_path / "p.toml"
    text = tmp_path / "t.txt"
    text.write_text(WORDS)
    path.write_text("[task.upper]\nfailure_rate = 0.1\n")
    kept: dict[str, Any] = {"checkpoint": tmp_path / "c", "resume": True, "faults": str(path), "seed": 1}
    first = run(LENGTHS, text, **kept)
    assert run(LENGTHS, text, **kept).result == first.result
    path.write_text("[task.upper]\nfailure_rate = 0.2\n")
    with pytest.raises(CheckpointError, match="the kind of run"):
        run(LENGTHS, text, **kept)


def test_the_order_of_tasks_does_not_matter() -> None:
    """Equal profiles are the same to a checkpoint, in whatever order their tasks were written."""
    tasks = {"a": TaskProfile(failure_rate=0.1), "b": TaskProfile(failure_rate=0.2)}
    one, other = FaultProfile(tasks=tasks), FaultProfile(tasks=dict(reversed(tasks.items())))
    assert one == other
    assert FaultSettings(profile="p", own=one).identity == FaultSettings(profile="p", own=other).identity
    assert FaultSettings(profile="p", own=one).identity != FaultSettings(profile="p", own=FaultProfile()).identity


@pytest.mark.parametrize("sample", [None, [1], True, "0.1"])
def test_samples_that_are_no_numbers(sample: object) -> None:
    """The message names the key and the value."""
    with pytest.raises(OptionError, match=r"task\.t\.latency\.samples is .*\. Allowed: a number\."):
        profile_from({"task": {"t": {"latency": {"samples": [0.1, sample]}}}})
