"""Clusters in predictions: what they would take with a core for each worker, and that no advice needs machines that nobody may have."""

from __future__ import annotations

from pathlib import Path

import pytest
from attrs import evolve

import pipeline_functions as f
from command import ended_here
from free_costs import FREE
from pipeline_optimization import Pipeline, Registry, run
from pipeline_optimization.builtin.retry_policies import NoRetry
from pipeline_optimization.engine.virtual import VirtualOrchestrator
from pipeline_optimization.foresight.advice import advise
from pipeline_optimization.foresight.candidates import candidates, clusters, known_places
from pipeline_optimization.foresight.costs import Machine, OrchestratorCosts
from pipeline_optimization.foresight.simulate import Configuration, Prediction, predict
from pipeline_optimization.foresight.work import TaskWork, WorkModel
from pipeline_optimization.types import TaskProfile
from pipeline_optimization.types.durations import constant
from pipeline_optimization.types.fault_profiles import FaultProfile

FAR = """
from attrs import frozen
from pipeline_optimization.hookspecs import hookimpl
from pipeline_optimization.builtin.sequential import SequentialOrchestrator
from pipeline_optimization.types import Capabilities, Component, option

@frozen(kw_only=True)
class FarOptions:
    workers: int = option(1, help="workers on other machines", at_least=1)

@hookimpl
def anagram_register_orchestrators():
    capabilities = Capabilities(is_parallel=True, is_distributed=True)
    return [Component(name="far", summary="far away", factory=SequentialOrchestrator, options=FarOptions, capabilities=capabilities)]
"""
"""A plugin of an orchestrator of several machines, of which nothing but its options and capabilities is needed."""

COMPUTING = WorkModel(tasks={"spin": TaskWork(compute=constant(1.0))}, source="spin", items=100, elements=100)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """Return a directory of plugins with the file ``far.py``."""
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "far.py").write_text(FAR)
    return tmp_path / "plugins"


@pytest.fixture
def far(directory: Path, monkeypatch: pytest.MonkeyPatch) -> Registry:
    monkeypatch.setenv("ANAGRAM_PLUGINS_DIR", str(directory))
    return Registry.load()


def way(workers: int, *, needs_cluster: bool, orchestrator: str = "far") -> Configuration:
    return Configuration(
        orchestrator=orchestrator, workers=workers, retry=NoRetry(), retry_name="none", needs_cluster=needs_cluster
    )


def foreseen(configuration: Configuration, costs: OrchestratorCosts = FREE["processes"]) -> Prediction:
    return predict(COMPUTING, configuration, costs, Machine(cores=2), seeds=(0,))


def test_a_cluster_is_a_candidate_if_it_is_named(far: Registry) -> None:
    """It stands behind the orchestrators of one machine, and needs a cluster for more workers than there are processors."""
    assert list(clusters(far)) == ["far"]
    assert "far" not in known_places(far)
    assert all(one.configuration.orchestrator != "far" for one in candidates(far, retries={"none": NoRetry()}, cores=2))
    found = candidates(far, orchestrators=["far", "multiprocess"], retries={"none": NoRetry()}, cores=2)
    assert [one.configuration.orchestrator for one in found][-4:] == ["far"] * 4
    needs = {one.configuration.workers: one.configuration.needs_cluster for one in found[-4:]}
    assert needs == {2: False, 8: True, 32: True, 100: True}
    assert found[-1].arguments == ["--orchestrator", "far", "-o", "workers=100", "--retry", "none"]


def test_each_worker_of_a_cluster_has_a_core() -> None:
    """A hundred elements that compute for a second take fifty seconds on the two processors here, and one on a cluster for as many workers."""
    assert foreseen(way(100, needs_cluster=False)).seconds == pytest.approx(50.0)
    there = foreseen(way(100, needs_cluster=True), evolve(FREE["processes"], startup_by_worker=1.0))
    assert there.seconds == pytest.approx(1.0)
    assert there.busy_cores == pytest.approx(100.0)
    assert there.extrapolated == [
        "a cluster with a core for each worker, as fast as those here, and with a network that takes no time"
    ]


def test_no_advice_needs_a_cluster() -> None:
    """What to use runs on this machine; a sentence tells what the smallest cluster would gain that is as fast as any."""
    here = foreseen(way(2, needs_cluster=False, orchestrator="multiprocess"))
    there = [foreseen(way(workers, needs_cluster=True)) for workers in (8, 100, 200)]
    advice = advise([here, *there], arguments=[["--orchestrator", "multiprocess"], *[["far"]] * 3], work=COMPUTING)
    assert advice.use is here
    assert "If you have a cluster of 100 cores: far with 100 workers would take 1 s, 50 times as fast." in advice.more
    assert advice.predictions[0] is here
    alone = advise(there[:1], arguments=[["--orchestrator", "far"]], work=COMPUTING)
    assert alone.use is there[0]
    slow = [foreseen(way(8, needs_cluster=True), evolve(FREE["processes"], startup=60.0))]
    assert not [one for one in advise([here, *slow], arguments=[["a"], ["b"]], work=COMPUTING).more if "cluster" in one]


def test_the_command_predicts_clusters_whose_costs_are_known(
    directory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """To measure them takes a while, so it must be asked for, and a note says how; afterwards they are in the table."""
    events = tmp_path / "events.jsonl"
    faults = FaultProfile(tasks={"upper": TaskProfile(compute=constant(1.0))})
    run(
        Pipeline("lengths").lines().map(f.upper).count(),
        "a\n" * 40,
        orchestrator=VirtualOrchestrator(1),
        faults=faults,
        seed=1,
        events=events,
    )
    asked: list[str] = []

    def costs_here(registry: Registry, name: str, *, anew: bool) -> OrchestratorCosts:
        asked.append(name)
        return FREE[known_places(registry).get(name, "processes")]

    monkeypatch.setattr("pipeline_optimization.foresight.calibrate.costs_here", costs_here)
    command = ["advise", "--from", str(events), "--plugins-dir", str(directory)]
    for known, more in ((False, []), (True, []), (False, ["--calibrate"]), (False, ["--orchestrator", "far"])):
        monkeypatch.setattr("pipeline_optimization.foresight.calibrate.is_measured", lambda name, known=known: known)
        asked.clear()
        code, output, errors = ended_here([*command, *more], capsys)
        assert code == 0, errors
        note = "far is left out, since it takes some ten seconds to measure what a cluster costs. --calibrate does that, once."
        assert (note in errors) == ("far" not in asked) == (not known and not more)
        assert ("far*" in output) == ("far" in asked)
    assert asked == ["far"]
