"""Users' own pipelines on clusters."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import logging_functions
import pipeline_functions as f
import user_pipeline
from cluster_drivers import be_newer, kill_in_mid_run
from command import ANAGRAM, anagram
from event_stories import Kept
from pipeline_optimization import Pipeline, PipelineReport, Registry, run
from pipeline_optimization.errors import ClusterError
from pipeline_optimization.sources import TextSource
from user_pipeline import Book
from worker_killer import Killer

pytestmark = pytest.mark.cluster

TEXT = "the cat sat\nxenon on a mat\r\n\nno xylophone, no cat\n" * 5
FACTS = ("result", "ledger_digest", "failures", "elements")


@pytest.fixture
def book(tmp_path: Path) -> Book:
    return Book.write(tmp_path / "entries.txt", 20_000)


def facts(report: PipelineReport[Any]) -> list[object]:
    """Return what has to be the same on every orchestrator."""
    return [getattr(report, name) for name in FACTS]


def test_workers_read_lines(on_cluster: Mapping[str, Any], book: Book) -> None:
    """Workers read ranges of a plain file, and result, failures and ledger are those of the reference."""
    options: dict[str, Any] = {"chunk_size": 20_000, "retry": "none"}
    report = run(user_pipeline.pipeline, book.path, **on_cluster, **options)
    assert report.result == book.due
    assert len(report.failed_items) == book.bad
    assert facts(report) == facts(run(user_pipeline.pipeline, book.path, **options))


@pytest.mark.parametrize("faults", ["none", "exercise"])
def test_steps_fail_and_wait_there(on_cluster: Mapping[str, Any], faults: str) -> None:
    """Bad elements, simulated failures and coroutine functions cost what they cost elsewhere."""
    pipeline = f.WORDS.map(f.picky).map(f.flaky).map(f.far).filter(f.is_long).count()
    options: dict[str, Any] = {
        "faults": faults,
        "latency_scale": 0.0,
        "seed": 7,
        "chunk_size": 50,
        "retry_options": {"attempts": 20, "base": 0.0},
    }
    report = run(pipeline, TextSource(TEXT), **on_cluster, **options)
    assert facts(report) == facts(run(pipeline, TextSource(TEXT), **options))
    assert len(report.failed_items) == 10


def test_events_of_attempts_are_the_same(on_cluster: Mapping[str, Any]) -> None:
    """Under one seed they are those of the reference but for times, workers, slots, and how bundles are cut."""
    pipeline = f.WORDS.map(f.picky).map(f.flaky).map(f.far).filter(f.is_long).count()
    stories = []
    for who in (on_cluster, {}):
        registry, kept = Registry.load(), Kept()
        registry.register(kept, "kept")
        report = run(
            pipeline,
            TextSource(TEXT),
            **who,
            registry=registry,
            faults="exercise",
            latency_scale=0.0,
            seed=7,
            chunk_size=50,
            retry_options={"attempts": 20, "base": 0.0},
        )
        assert len(kept.retries) == report.retries > 0
        stories.append(kept.story)
    assert stories[0] == stories[1]


def test_killed_workers_lose_and_double_nothing(on_cluster: Mapping[str, Any], book: Book) -> None:
    """Workers killed with SIGKILL in the middle of a run change neither result nor ledger."""
    options: dict[str, Any] = {"chunk_size": 5_000, "retry": "none"}
    registry = Registry.load()
    killer = Killer(kills=3, every=8)
    registry.register(killer, "killer")
    report = run(user_pipeline.pipeline, book.path, registry=registry, **on_cluster, **options)
    assert len(killer.killed) == 3
    assert report.result == book.due
    assert facts(report) == facts(run(user_pipeline.pipeline, book.path, **options))


def test_what_tasks_log_arrives_here(on_cluster: Mapping[str, Any], caplog: pytest.LogCaptureFixture) -> None:
    """Once, at the level of this process, with run, element, attempt and worker; what nobody wants is not made there."""
    caplog.set_level("INFO")
    pipeline = Pipeline("p").values(int).map(logging_functions.levels).collect()
    report = run(pipeline, range(20), **on_cluster)
    assert report.result == [(False, True)] * 20
    records = [record for record in caplog.records if record.name == "user.tasks"]
    due = [(f"{level} {at}", f"levels:0:{at}") for at in range(20) for level in ("info", "warning")]
    assert sorted((record.getMessage(), vars(record)["item"]) for record in records) == sorted(due)
    assert all(vars(record)["worker"] and vars(record)["attempt"] == 1 for record in records)
    assert len({vars(record)["run"] for record in records}) == 1
    assert all(len(vars(record)["run"]) == 32 for record in records)


def test_who_kills_its_worker_is_found(on_cluster: Mapping[str, Any]) -> None:
    """The bundle is split until only the killer is left, and nobody else is given up."""
    report = run(Pipeline("p").values(int).map(f.kills).sum(), range(40), **on_cluster)
    assert report.result == sum(range(40)) - 13
    assert [(failed.is_poison, failed.place) for failed in report.failed_items] == [(True, "value 14: 13")]


def test_workers_that_do_not_fit_are_refused(on_cluster: Mapping[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker with another version ends the run at its start, with the versions of both sides."""
    be_newer(monkeypatch)
    with pytest.raises(ClusterError, match=r"pipeline-optimization is .* there and 99\.0 here"):
        run(user_pipeline.pipeline, TextSource("a 1\n"), **on_cluster)


def test_a_killed_run_goes_on(cluster: str, tmp_path: Path) -> None:
    """SIGKILL for the driver in mid-run; the same command with another orchestrator goes on to the exact result."""
    book = Book.write(tmp_path / "entries.txt", 150_000)
    pipeline = ["--pipeline", str(user_pipeline.__file__), str(book.path), "--retry", "none", "--chunk-size", "2000"]
    arguments = [*pipeline, "--checkpoint", str(tmp_path / "run.checkpoint"), "--resume"]
    command = [*ANAGRAM, "run", "--orchestrator", cluster, "-o", "workers=2", "--format", "json", *arguments]
    kill_in_mid_run(command, tmp_path / "run.checkpoint")
    done = anagram("run", "--orchestrator", "multiprocess", "-o", "workers=2", "--format", "json", *arguments)
    assert done.returncode == 1, done.stderr.decode()  # some lines are no entries
    assert done.stdout, done.stderr.decode()
    report = json.loads(done.stdout)
    assert report["result"] == book.due
    assert len(report["failed_items"]) == book.bad
    assert report["attempts"] < 2 * 150_000 - book.bad, "all of it was done again"
