"""What a server is told of runs: each has one start and one end, which fit the published schema, with what was read and written."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from openlineage.client.serde import Serde

from anagram_plugin_openlineage.datasets import DatasetName, name_of
from anagram_plugin_openlineage.lineage import Lineage
from anagram_plugin_openlineage.settings import Settings
from command import ended_here
from lineage_schema import check_event
from pipeline_optimization import count_anagrams
from pipeline_optimization.errors import InputError
from pipeline_optimization.observing.reading import EventReader
from pipeline_optimization.types import ErrorRecord, RunFinished, RunStarted, TaskTotals

PARENT = "8d99e33e-2a1c-4254-9600-18f23435fc3b"


def test_a_run(receiver: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Start and end have the id that the run's events have, the pipeline's name, and what the run was made by."""
    monkeypatch.setenv("OPENLINEAGE_NAMESPACE", "shop")
    count_anagrams("cat", seed=3, orchestrator="threaded", events=tmp_path / "e.jsonl")
    assert receiver.types == ["START", "COMPLETE"]
    run_id = next(iter(EventReader(tmp_path / "e.jsonl"))).event.run_id
    for event in receiver.events:
        assert event["run"]["runId"].replace("-", "") == run_id
        assert (event["job"]["namespace"], event["job"]["name"]) == ("shop", "anagrams")
        assert (event["inputs"], event["outputs"]) == ([], [])
        facets = event["run"]["facets"]
        parameters = {one["key"]: one["value"] for one in facets["executionParameters"]["parameters"]}
        assert (parameters["orchestrator"], parameters["seed"]) == ("threaded", "3")
        assert facets["processing_engine"]["name"] == "pipeline-optimization"
        assert "errorMessage" not in facets
    first, last = (event["eventTime"] for event in receiver.events)
    assert first < last


def test_what_a_command_reads_and_writes(
    receiver: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Files are named by their absolute paths; a text and standard output are no datasets."""
    monkeypatch.chdir(tmp_path)
    for name in ("a.txt", "text"):
        Path(name).write_text("the cat")
    assert ended_here(("run", "a.txt", "text", "--output", "c.csv"), capsys)[0] == 0
    assert ended_here(("run", "--text", "cat"), capsys)[0] == 0
    files, none = receiver.events[1], receiver.events[3]
    assert files["inputs"] == [{**one, "namespace": "file", "name": str(tmp_path / name)} for one, name in zip(files["inputs"], ["a.txt", "text"], strict=True)]  # fmt: skip
    assert [(one["namespace"], one["name"]) for one in files["outputs"]] == [("file", str(tmp_path / "c.csv"))]
    assert (none["inputs"], none["outputs"]) == ([], [])


PIPELINE = """
from pipeline_optimization import Pipeline, task


@task
def shout(line: str) -> dict[str, str]:
    return {"word": line.upper()}


upper = Pipeline("upper").lines().map(shout).collect()
"""


def test_what_a_pipeline_delivers(
    receiver: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Rows that go to a file or a table are told by where they are found, each once."""
    monkeypatch.chdir(tmp_path)
    Path("own.py").write_text(PIPELINE)
    Path("a.txt").write_text("the\ncat\n")
    assert ended_here(("run", "--pipeline", "own.py", "a.txt", "--output", "r.ndjson"), capsys)[0] == 0
    sql = ("--sink", "sql:words", "-o", "sink.url=sqlite:///r.db")
    assert ended_here(("run", "--pipeline", "own.py", "a.txt", *sql), capsys)[0] == 0
    assert receiver.types == ["START", "COMPLETE"] * 2
    found = [[(one["namespace"], one["name"]) for one in event["outputs"]] for event in receiver.events]
    assert found[1] == [("file", str(tmp_path / "r.ndjson"))]
    assert found[3] == [(f"sqlite://{tmp_path / 'r.db'}", "words")]


NAMES = {
    "/data/a b.txt": ("file", "/data/a b.txt"),
    "file:///data/a%20b.txt": ("file", "/data/a b.txt"),
    "s3://Bucket/some/key.gz": ("s3://Bucket", "some/key.gz"),
    "s3a://bucket/key": ("s3://bucket", "key"),
    "gs://bucket/key": ("gs://bucket", "key"),
    "postgresql://ann:secret@db.example.org:5433/shop#sales.counts": ("postgres://db.example.org:5433", "shop.sales.counts"),
    "postgresql://db.example.org/shop#counts": ("postgres://db.example.org:5432", "shop.public.counts"),
    "sqlite:////data/r.db#words": ("sqlite:///data/r.db", "words"),
    "https://ann:secret@example.org:8443/a.txt?X-Signature=secret#secret": ("https://example.org:8443", "/a.txt"),
    "https://secret@example.org": ("https://example.org", "/"),
    "s3://": ("s3", "unknown"),
    "http://[secret": ("http", "unknown"),
    "https://example.org:secret/": ("https", "unknown"),
}  # fmt: skip


@pytest.mark.parametrize("address", NAMES)
def test_names_of_datasets(address: str) -> None:
    """As the specification has them, and nothing secret is in them."""
    assert name_of(address) == DatasetName(*NAMES[address])
    assert "secret" not in str(name_of(address))


def test_a_run_that_is_part_of_another(receiver: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A scheduler's run is the parent, and the outermost one unless another one is told."""
    monkeypatch.setenv("OPENLINEAGE_PARENT_ID", f"https://scheduler:80/x/nightly.words/{PARENT}")
    count_anagrams("cat")
    monkeypatch.setenv("OPENLINEAGE_ROOT_PARENT_ID", f"prod/nightly/{PARENT}")
    count_anagrams("cat")
    assert receiver.types == ["START", "COMPLETE"] * 2
    first, second = (receiver.events[at]["run"]["facets"]["parent"] for at in (1, 3))
    assert first["run"]["runId"] == PARENT
    assert (first["job"]["namespace"], first["job"]["name"]) == ("https://scheduler:80/x", "nightly.words")
    assert first["root"]["job"]["name"] == "nightly.words"
    assert second["root"]["job"]["name"] == "nightly"


def test_a_run_that_fails(receiver: Any, tmp_path: Path) -> None:
    """An error, and items that failed for good, end the run with FAIL and say why."""
    count_anagrams("cat dog post stop " * 20, chunk_size=30, faults="heavy", latency_scale=0, seed=2, retry="none")
    with pytest.raises(InputError):
        count_anagrams(tmp_path / "gone.txt")
    assert receiver.types == ["START", "FAIL", "START", "FAIL"]
    messages = [one["run"]["facets"]["errorMessage"] for one in receiver.events[1::2]]
    assert messages[0]["message"].endswith("items failed for good")
    assert messages[1]["message"].startswith("InputError: ")
    assert "Traceback" in messages[1]["stackTrace"]


@pytest.mark.parametrize(
    ("stopped", "expected"),
    [("interrupted", "ABORT"), ("terminated", "ABORT"), ("hung_up", "ABORT"), ("cancelled", "ABORT"), ("deadline", "FAIL")],
)  # fmt: skip
def test_ends(stopped: str, expected: str) -> None:
    """What somebody stopped is aborted; a limit is a failure. A password in a message is not told."""
    lineage = Lineage(started(), Settings.of({}))
    error = ErrorRecord(type="E", message="at postgresql://ann:secret@db/shop", traceback="http://ann:secret@db")
    event = lineage.end(finished(stopped=stopped, error=error))
    text = Serde.to_json(event)
    check_event(json.loads(text))
    assert event.eventType is not None
    assert event.eventType.value == expected
    assert "ann:secret" not in text


def test_one_failed_item() -> None:
    """One item is not called items."""
    end = Lineage(started(), Settings.of({})).end(
        finished(tasks={"t": TaskTotals(items=1, attempts=1, retries=0, failures=1, lost=0, errors={})})
    )
    assert end.run.facets is not None
    assert end.run.facets["errorMessage"].message == "1 item failed for good"


def started() -> RunStarted:
    return RunStarted(run_id="0" * 31 + "1", time=0.0, wall=1.0, orchestrator="sequential", slots=1, seed=1)


def finished(**more: Any) -> RunFinished:
    return RunFinished(run_id="0" * 31 + "1", time=1.0, wall=2.0, is_complete=False, is_interrupted=False, **more)


def test_the_environment_stays_as_it_was(receiver: Any) -> None:
    """The client's own variables are gone after the run: the next run, or a program that this one starts, would take them for the user's."""
    before = dict(os.environ)
    count_anagrams("cat")
    assert dict(os.environ) == before
    assert receiver.types
