"""A worker on another machine fits its run, or says why not."""

from __future__ import annotations

import logging
import pickle
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import NoReturn

import pytest
from attrs import evolve

from pipeline_optimization import Pipeline
from pipeline_optimization.anagrams.plan import AnagramOptions, make_plan
from pipeline_optimization.anagrams.stages import build_stages
from pipeline_optimization.engine import handshake as handshake_module
from pipeline_optimization.engine.attempt_log import LogSettings
from pipeline_optimization.engine.faults import FaultPlan
from pipeline_optimization.engine.handshake import Handshake, encode_facts
from pipeline_optimization.engine.worker import DESCRIBE_WORKER, Stage, Worker, WorkerSetup
from pipeline_optimization.errors import ClusterError
from pipeline_optimization.pipeline.model.planning import plan_pipeline
from pipeline_optimization.pipeline.plan import RunOptions
from pipeline_optimization.registry import Registry
from pipeline_optimization.types import OpenContext


@pytest.fixture
def handshake(registry: Registry) -> Handshake:
    """Return what a real run sends to its workers, as it arrives there."""
    plan = make_plan(registry, AnagramOptions())
    setup = WorkerSetup(build=build_stages, argument=plan.job.stages, faults=plan.faults)
    sent = Handshake.of(OpenContext(run_id="1", worker_init=setup.to_bytes()))
    arrived = pickle.loads(pickle.dumps(sent))
    assert isinstance(arrived, Handshake)
    return arrived


def test_the_same_installation_fits(handshake: Handshake) -> None:
    """A worker with the same Python, versions and lexicon is made."""
    worker = handshake.make_worker()
    assert DESCRIBE_WORKER in worker.setup.build(worker.setup.argument)
    assert {"Python", "pipeline-optimization", "anagram-plugin-threaded", "the lexicon's digest"} <= set(
        handshake.facts
    )


@pytest.mark.parametrize("fact", ["Python", "the byte order", "pipeline-optimization", "the lexicon's digest"])
def test_what_differs_is_named(handshake: Handshake, fact: str) -> None:
    """The message has the fact and both values, and what to do."""
    here = handshake.facts[fact]
    other = evolve(handshake, facts={**handshake.facts, fact: "0.0-other"})
    with pytest.raises(ClusterError, match=f"{fact} is {here} there and 0.0-other here") as caught:
        other.make_worker()
    assert str(caught.value).endswith("Install the same versions on all machines.")


def test_a_plugin_that_only_one_side_has_is_no_difference(handshake: Handshake) -> None:
    """A worker need not have what the run does not use."""
    evolve(handshake, facts={**handshake.facts, "anagram-plugin-unheard-of": "1.0"}).make_worker()


class NotingStage:
    """A stage that describes its worker, and notes whether it is closed."""

    closed = 0

    def __call__(self, data: bytes) -> bytes:
        logging.getLogger("noting").info("asked")
        return encode_facts({})

    def close(self) -> None:
        NotingStage.closed += 1

    def close_thread(self) -> None:
        """Nothing belongs to a thread."""


def _noting_stages(argument: object) -> Mapping[str, Stage]:
    return {DESCRIBE_WORKER: NotingStage()}


def test_a_worker_that_is_not_used_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """That which describes the parent, and that of a process that refuses: the process keeps no handler, no level and no connection."""
    monkeypatch.setattr(NotingStage, "closed", 0)
    logs = LogSettings(run="run", process="another", origin="another", thresholds={"": logging.DEBUG})
    setup = WorkerSetup(build=_noting_stages, argument=None, faults=FaultPlan(), logs=logs)
    root = logging.getLogger()
    before = (root.level, list(root.handlers))
    sent = Handshake.of(OpenContext(run_id="1", worker_init=setup.to_bytes()))
    assert (root.level, root.handlers) == before
    assert NotingStage.closed == 1
    with pytest.raises(ClusterError):
        evolve(sent, facts={**sent.facts, "Python": "0.0-other"}).make_worker()
    assert (root.level, root.handlers) == before
    assert NotingStage.closed == 2
    broken = evolve(setup, build=_broken_stages)
    with pytest.raises(ClusterError):
        evolve(sent, worker_init=broken.to_bytes()).make_worker()
    assert (root.level, root.handlers) == before


def test_a_worker_that_is_interrupted_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C while the parent describes itself leaves nothing open there."""
    closed: list[str] = []

    def interrupted(worker: Worker) -> NoReturn:
        raise KeyboardInterrupt

    monkeypatch.setattr(handshake_module, "_ask", interrupted)
    monkeypatch.setattr(Worker, "close", lambda worker: closed.append("worker"))
    setup = WorkerSetup(build=_broken_stages, argument=None, faults=FaultPlan())
    with pytest.raises(KeyboardInterrupt):
        Handshake.of(OpenContext(run_id="1", worker_init=setup.to_bytes()))
    assert closed == ["worker"]


def _broken_stages(argument: object) -> Mapping[str, Stage]:
    raise ModuleNotFoundError("No module named 'anagram_plugin_elsewhere'")


def test_what_cannot_be_loaded_is_named(handshake: Handshake) -> None:
    """A component that a worker lacks is named, with what to do."""
    setup = WorkerSetup(build=_broken_stages, argument=None, faults=FaultPlan())
    with pytest.raises(ClusterError, match="ModuleNotFoundError: No module named 'anagram_plugin_elsewhere'"):
        evolve(handshake, worker_init=setup.to_bytes()).make_worker()


def test_a_run_without_facts_has_nothing_to_compare() -> None:
    """Stages that describe no worker, as in tests of orchestrators, fit everywhere."""
    sent = Handshake.of(OpenContext(run_id="", worker_init=b""))
    assert sent.facts == {}
    sent.make_worker()


@pytest.fixture
def pipeline(workshop: Path) -> Callable[[], Handshake]:
    """Return what makes of a pipeline what a run sends to its workers."""
    from workshop_functions import double  # type: ignore[import-not-found]  # written by the fixture

    steps = Pipeline("p").values(int).map(double).map(partial(pow, 2)).filter(bool)

    def greet() -> Handshake:
        plan = plan_pipeline(Registry.load(), RunOptions(), steps.sum(), ())
        loaded = plan.job.load(lambda step: None)
        setup = WorkerSetup(build=loaded.build, argument=loaded.argument, faults=plan.faults)
        return Handshake.of(OpenContext(run_id="1", worker_init=setup.to_bytes()))

    return greet


@pytest.fixture
def workshop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return a user's module."""
    path = tmp_path / "workshop_functions.py"
    path.write_text("def double(value):\n    return 2 * value\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield path
    sys.modules.pop("workshop_functions", None)


def test_pipelines_compare_versions_too(pipeline: Callable[[], Handshake]) -> None:
    """A worker of a pipeline tells what is installed, and where each function comes from, those of Python itself aside."""
    sent = pipeline()
    sent.make_worker()
    assert {"Python", "pipeline-optimization", "the code of double"} <= set(sent.facts)
    assert not {"the code of pow", "the code of bool"} & set(sent.facts)
    with pytest.raises(ClusterError, match=r"pipeline-optimization is .* there and 0\.0-other here"):
        evolve(sent, facts={**sent.facts, "pipeline-optimization": "0.0-other"}).make_worker()


def test_another_state_of_a_users_module_is_refused(pipeline: Callable[[], Handshake], workshop: Path) -> None:
    """A worker whose module is older than the driver's would compute something else, and nobody would know."""
    sent = pipeline()
    workshop.write_text("def double(value):\n    return 3 * value\n")
    with pytest.raises(
        ClusterError, match=r"the code of double is workshop_functions\.double \w+ there and workshop_functions\.double"
    ):
        sent.make_worker()
