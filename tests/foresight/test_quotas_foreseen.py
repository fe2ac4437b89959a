"""How many calls a service allows, in predictions: as a recorded run tells it, and as it might be instead."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from command import ended_here
from free_costs import FREE
from pipeline_optimization import Pipeline, run, task
from pipeline_optimization.builtin.retry_policies import NoRetry
from pipeline_optimization.engine.quota import Quota, Rate
from pipeline_optimization.engine.quota_records import quotas_in, records_of_quotas
from pipeline_optimization.engine.virtual import VirtualOrchestrator
from pipeline_optimization.engine.work import TaskPolicy
from pipeline_optimization.errors import OptionError
from pipeline_optimization.foresight.costs import Machine
from pipeline_optimization.foresight.observed import observed
from pipeline_optimization.foresight.simulate import Configuration, Prediction, predict
from pipeline_optimization.foresight.what_if import parse_what_if
from pipeline_optimization.foresight.work import TaskWork, WorkModel
from pipeline_optimization.types import TaskProfile, TaskQuota
from pipeline_optimization.types.durations import constant
from pipeline_optimization.types.fault_profiles import FaultProfile


@task(limit=4)
def fetch(line: str) -> str:
    return line


@task(rate="2/s", burst=1)
def look_up(line: str) -> str:
    return line


TEXT = "".join(f"line {number}\n" for number in range(40))
LIMITED = WorkModel(
    tasks={"fetch": TaskWork(wait=constant(1.0))}, source="fetch", items=40, quotas={"fetch": Quota(limit=4)}
)


def foreseen(work: WorkModel, workers: int, *, most_attempts: int | None = None) -> Prediction:
    configuration = Configuration(orchestrator="threaded", workers=workers, retry=NoRetry(), retry_name="none")
    return predict(work, configuration, FREE["threads"], Machine(cores=2), seeds=(0,), most_attempts=most_attempts)


def recorded(path: Path, step: Callable[[str], str]) -> WorkModel:
    """Return what the events of a run show in which each call waits a second."""
    pipeline = Pipeline("calls").lines().map(step)
    faults = FaultProfile(tasks={name: TaskProfile(latency=constant(1.0)) for name in ("fetch", "look_up")})
    run(pipeline.count(), TEXT, orchestrator=VirtualOrchestrator(8), faults=faults, seed=1, events=path)
    return observed(str(path)).work


def test_a_recorded_run_tells_how_many_calls_are_allowed(tmp_path: Path) -> None:
    """Forty calls of a second in eight workers, four of which are allowed at once, take ten seconds, and the limit is what binds them."""
    work = recorded(tmp_path / "events.jsonl", fetch)
    (quota,) = work.quotas.values()
    assert (list(work.quotas), quota.limit, quota.rate) == (["fetch"], 4, None)
    prediction = foreseen(work, 8)
    assert prediction.seconds == pytest.approx(10.0)
    assert prediction.bound == "limit"
    assert prediction.share == pytest.approx(1.0)
    assert foreseen(work, 2).bound == "waits"


def test_a_rate_binds_whatever_the_number_of_workers(tmp_path: Path) -> None:
    """Two calls a second: the last of forty begins after nineteen and a half seconds, and takes one."""
    work = recorded(tmp_path / "events.jsonl", look_up)
    (quota,) = work.quotas.values()
    assert quota.rate == Rate(calls=2, period=1.0, burst=1)
    prediction = foreseen(work, 30)
    assert prediction.seconds == pytest.approx(20.5)
    assert prediction.bound == "limit"


def test_tasks_that_share_a_quota_still_share_it() -> None:
    """Events tell such tasks together, so the model has one quota for both, also after a change."""
    shared = Quota(limit=4, rate=Rate(calls=100, period=60.0, burst=5))
    told = records_of_quotas(
        {
            name: TaskPolicy(quota=one)
            for name, one in {"fetch": shared, "look_up": shared, "store": Quota(limit=1)}.items()
        }
    )
    assert told == [
        TaskQuota(tasks=("fetch", "look_up"), limit=4, calls=100, period=60.0, burst=5),
        TaskQuota(tasks=("store",), limit=1),
    ]
    quotas = quotas_in(told)
    assert quotas["fetch"] is quotas["look_up"]
    assert (quotas["fetch"].limit, quotas["fetch"].rate, quotas["store"].limit) == (4, shared.rate, 1)
    work = WorkModel(tasks={name: TaskWork() for name in quotas}, source="fetch", items=1, quotas=quotas)
    changed = parse_what_if(["look_up.limit=2"], work).of(work).quotas
    assert changed["fetch"] is changed["look_up"]
    assert (changed["fetch"].limit, changed["fetch"].rate, changed["store"].limit) == (2, shared.rate, 1)


def test_the_limit_of_a_long_run_counts_for_all_of_it() -> None:
    """A run of 40,000 calls is told from a shorter one; its limit binds it as much."""
    prediction = foreseen(LIMITED.scaled(40_000), 8, most_attempts=400)
    assert prediction.seconds == pytest.approx(10_000.0)
    assert prediction.bound == "limit"
    assert prediction.floor == pytest.approx(10_000.0)


def test_other_limits_can_be_tried() -> None:
    """Twice the limit takes half of the time, until the workers are too few."""
    more = parse_what_if(["fetch.limit=8"], LIMITED).of(LIMITED)
    assert foreseen(more, 8).seconds == pytest.approx(5.0)
    rate = parse_what_if(["fetch.limit=40", "fetch.rate=2/s"], LIMITED).of(LIMITED)
    assert rate.quotas["fetch"].limit == 40
    assert foreseen(rate, 40).seconds == pytest.approx(20.5)
    assert LIMITED.quotas["fetch"].limit == 4


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("fetch.limit=0", "limit= takes a whole number of calls of at least 1, not 0"),
        ("fetch.limit=2x", "limit takes a whole number of calls of at least 1, not '2x'"),
        (f"fetch.limit={'9' * 5000}", "limit takes a whole number of calls of at least 1"),
        ("fetch.rate=fast", "rate= takes a whole number of calls"),
        ("fetsh.limit=2", "there is no task 'fetsh'. There are fetch. Did you mean 'fetch'?"),
        ("lines.limit=2", "'lines' has no attempts of its own"),
        ("limit=2", "is no change. Allowed are"),
    ],
)
def test_wrong_limits(change: str, message: str) -> None:
    work = WorkModel(tasks={**LIMITED.tasks}, source="fetch", items=1)
    if change.startswith("lines"):
        work = WorkModel(tasks={"lines": TaskWork(is_bundled=True)}, source="lines", items=1)
    with pytest.raises(OptionError) as raised:
        parse_what_if([change], work)
    assert message in str(raised.value)


PIPELINE = """
from pipeline_optimization import Pipeline, task

@task(limit=4)
def fetch(line: str) -> str:
    return line

PIPELINE = Pipeline("fetching").lines().map(fetch).count()
"""


def test_the_command_takes_limits_from_the_pipeline_of_a_profile(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With --faults and --pipeline, nothing was recorded; the pipeline itself says how many calls are allowed."""
    (tmp_path / "fetching.py").write_text(PIPELINE)
    (tmp_path / "services.toml").write_text("[task.fetch]\nlatency = 1.0\n")
    command = ["advise", "--faults", str(tmp_path / "services.toml"), "--pipeline", str(tmp_path / "fetching.py")]
    code, output, errors = ended_here(
        [*command, "--items", "40", "--orchestrator", "threaded", "--workers", "8"], capsys
    )
    assert code == 0, errors
    assert "about 10 s" in output
    assert "It is bound by limit for 100% of its time: no more calls of a task are allowed" in output
