"""Items that fail for good: kept apart, reported, and tried again when asked."""

from __future__ import annotations

import json
import shlex
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from command import anagram, refused, run_json
from deadly_tokenizer import DeadlyPlugin
from pipeline_optimization import Limits, Registry, RunReport, count_anagrams
from pipeline_optimization.engine.faults import FaultPlan, TaskFaults, fault_key

REST = ["sequential", "threaded", "asyncio"]
FAULTS = ["--test-case", "medium", "--latency-scale", "0", "--seed", "3"]
PATIENT = ["--retry", "fixed", "-o", "retry.delay=0", "-o", "retry.attempts=50"]


def counts(*arguments: str) -> dict[str, Any]:
    """Return the counts that a run prints, whatever its exit code."""
    document = json.loads(anagram(*arguments, "--format", "json").stdout)
    assert isinstance(document, dict)
    return document


@pytest.mark.parametrize(
    "orchestrator", ["multiprocess", *(pytest.param(name, marks=pytest.mark.slow) for name in REST)]
)
def test_failed_items_are_kept_and_tried_again(orchestrator: str, tmp_path: Path) -> None:
    """They are in the report and in the checkpoint; --resume leaves them alone, and retry completes the counts."""
    checkpoint = str(tmp_path / "c")
    whole = run_json(*FAULTS, *PATIENT)
    # The seed lets the two stages before find_anagrams succeed at once.
    run = ["run", *FAULTS, "--retry", "none", "--orchestrator", orchestrator, "--checkpoint", checkpoint]
    first = anagram(*run, "--format", "json")
    assert first.returncode == 1
    assert f"anagram retry {checkpoint}" in first.stderr.decode()
    report = json.loads(first.stdout)
    failed = {item["item"] for item in report["failed_items"]}
    assert failed
    assert report["anagram_counts"] != whole["anagram_counts"]

    again = counts(*run, "--resume")
    assert (again["attempts"], again["complete"]) == (0, False)
    assert {item["item"] for item in again["failed_items"]} == failed
    assert again["failures"] == report["failures"]

    retried = counts("retry", checkpoint, *PATIENT)
    assert retried["anagram_counts"] == whole["anagram_counts"]
    assert (retried["complete"], retried["matches_expected"]) == (True, True)
    assert retried["tasks"]["find_anagrams"]["items"] == len(failed)
    assert counts("retry", checkpoint)["attempts"] == 0


def test_a_failed_chunk_takes_its_words_with_it(tmp_path: Path) -> None:
    """What an item would have made possible is found when it is tried again."""
    checkpoint = str(tmp_path / "c")
    text = " ".join(f"cat dog stop listen word{number}" for number in range(20))
    arguments = ["--text", text, "--faults", "exercise", "--latency-scale", "0", "--seed", "5", "--chunk-size", "50"]
    first = counts("run", *arguments, "--retry", "none", "--checkpoint", checkpoint)
    assert {failure["task"] for failure in first["failures"]} == {"filter_input", "get_words", "find_anagrams"}
    whole = run_json("--text", text)
    assert counts("retry", checkpoint, *PATIENT)["anagram_counts"] == whole["anagram_counts"]


def test_each_try_draws_anew(tmp_path: Path, registry: Registry) -> None:
    """Without a retry policy a run with faults is completed by trying what failed again and again."""
    checkpoint = tmp_path / "c"
    text = " ".join(f"cat dog stop word{number}" for number in range(40))
    options = {"faults": "exercise", "latency_scale": 0.0, "seed": 5, "retry": "none", "checkpoint": checkpoint}
    report = count_anagrams(text, registry=registry, **options)  # type: ignore[arg-type]  # as a mapping
    failed = [sum(report.failures.values())]
    while not report.is_complete and len(failed) < 20:
        report = count_anagrams(text, registry=registry, resume=True, retries_failed=True, **options)  # type: ignore[arg-type]
        failed.append(sum(report.failures.values()))
        assert report.retries == 0, "an item that is tried again in a new run is no retry of this run"
    assert failed[0] > 0
    assert failed[-1] == 0
    assert report.anagram_counts == count_anagrams(text, registry=registry).anagram_counts


def test_attempts_of_all_runs_are_counted(tmp_path: Path, registry: Registry) -> None:
    """An item that fails in each run has made the attempts of all of them."""
    checkpoint = tmp_path / "c"
    options = {"faults": "exercise", "latency_scale": 0.0, "retry": "none", "checkpoint": checkpoint}
    seed = next(
        seed
        for seed in range(1000)
        if all(plan(seed).draw("filter_input", fault_key("cat"), attempt).fails for attempt in (1, 2))
    )
    first = count_anagrams("cat", registry=registry, seed=seed, **options)  # type: ignore[arg-type]  # as a mapping
    again = count_anagrams("cat", registry=registry, seed=seed, resume=True, retries_failed=True, **options)  # type: ignore[arg-type]
    assert [item.attempts for item in first.failed_items] == [1]
    assert [item.attempts for item in again.failed_items] == [2]


def plan(seed: int) -> FaultPlan:
    """Return the faults of a run of one chunk."""
    return FaultPlan(tasks={"filter_input": TaskFaults(0.2, 0.0)}, seed=seed)


def test_retry_works_from_another_directory(tmp_path: Path) -> None:
    """The run's files are where they were, and the output is where the user is."""
    there, here = tmp_path / "there", tmp_path / "here"
    there.mkdir()
    here.mkdir()
    (there / "book.txt").write_text("cat dog stop")
    faults = ["--faults", "exercise", "--latency-scale", "0", "--seed", "4", "--retry", "none"]
    done = anagram("run", "book.txt", *faults, "--checkpoint", "c", cwd=there)
    assert done.returncode == 1
    arguments = ["retry", "../there/c", *PATIENT, "--format", "json", "--output", "counts.json"]
    assert anagram(*arguments, cwd=here).returncode == 0
    report = json.loads((here / "counts.json").read_text())
    assert report["anagram_counts"]["stop"] == 1


def test_a_stream_must_be_given_again(tmp_path: Path) -> None:
    """Retry cannot read standard input a second time, and says what to do; doing it works."""
    checkpoint = str(tmp_path / "c")
    run = ["run", "-", "--faults", "exercise", "--latency-scale", "0", "--seed", "4", "--checkpoint", checkpoint]
    assert anagram(*run, "--retry", "none", stdin=b"cat dog stop").returncode == 1
    assert "own command with --resume --retry-failed" in refused(["retry", checkpoint])
    done = anagram(*run, *PATIENT, "--resume", "--retry-failed", "--format", "json", stdin=b"cat dog stop")
    assert done.returncode == 0, done.stderr.decode()
    assert json.loads(done.stdout)["anagram_counts"]["stop"] == 1


def test_retry_needs_a_checkpoint(tmp_path: Path) -> None:
    """A wrong name is told, and no file is made."""
    assert "There is no checkpoint" in refused(["retry", str(tmp_path / "c")])
    assert not (tmp_path / "c").exists()


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the checkpoint of a run that is complete."""
    path = tmp_path_factory.mktemp("finished") / "c"
    assert anagram("run", "--text", "cat", "--checkpoint", str(path)).returncode == 0
    return path


@pytest.mark.parametrize(
    "invocation",
    [
        "",
        "[]",
        "[" * 100_000,
        '{"directory": "/", "paths": [], "text": null, "options": {"checkpoint": "/etc/passwd"}}',
        '{"directory": "/", "paths": [], "text": null, "options": {"orchestrator_options": {"address": "x"}}}',
        '{"directory": "/", "paths": [1], "text": null, "options": {}}',
        '{"directory": "/", "paths": [], "text": null, "options": {"seed": true}}',
        '{"directory": "/", "paths": [], "text": null, "options": {}, "output": "/tmp/x"}',
    ],
)
def test_a_hostile_checkpoint_can_only_fail(invocation: str, finished: Path, tmp_path: Path) -> None:
    """It cannot choose where anything is written, nor options that no run keeps."""
    checkpoint = shutil.copy(finished, tmp_path / "c")
    with sqlite3.connect(checkpoint) as database:
        database.execute("UPDATE invocation SET json = ?", (invocation,))
    database.close()
    assert "does not say how its run was asked for" in refused(["retry", str(checkpoint)])


def test_a_stopped_run_says_how_to_go_on(tmp_path: Path) -> None:
    """At its deadline a run ends with 75 and a command; that command completes it."""
    checkpoint = str(tmp_path / "c")
    arguments = ["run", "--test-case", "medium", "--latency-scale", "0", "--seed", "3", "--checkpoint", checkpoint]
    done = anagram(*arguments, "--deadline", "0.000001", "--format", "json")
    assert done.returncode == 75
    assert json.loads(done.stdout)["stopped"]["kind"] == "deadline"
    (advice,) = [line for line in done.stderr.decode().splitlines() if "Go on with: " in line]
    command = shlex.split(advice.partition("Go on with: anagram ")[2])
    command[command.index("--deadline") + 1] = "600"
    assert json.loads(anagram(*command).stdout)["matches_expected"] is True


def test_a_failure_can_stop_the_run(tmp_path: Path) -> None:
    """With --on-failure stop the run ends with 75, and what failed is tried again when it goes on."""
    run = ["run", *FAULTS, "--checkpoint", str(tmp_path / "c"), "--format", "json"]
    stopped = anagram(*run, "--retry", "none", "--on-failure", "stop")
    assert stopped.returncode == 75
    assert b"failed for good" in stopped.stderr
    done = anagram(*run, *PATIENT, "--resume")
    assert done.returncode == 0, done.stderr.decode()
    assert json.loads(done.stdout)["matches_expected"] is True


def test_a_run_that_stops_at_each_failure_ends_in_time(tmp_path: Path) -> None:
    """Resumed, it tries the item that stopped it again, with the draws that are next and not those that failed."""
    whole = run_json(*FAULTS, *PATIENT)
    checkpoint = str(tmp_path / "c")
    run = ["run", *FAULTS, "--retry", "none", "--on-failure", "stop", "--checkpoint", checkpoint, "--resume"]
    tries: list[tuple[str, int]] = []
    report = counts(*run)
    while not report["complete"] and len(tries) < 40:
        tries += [(one["item"], one["attempts"]) for one in report["failed_items"]]
        report = counts(*run)
    assert (report["complete"], report["anagram_counts"]) == (True, whole["anagram_counts"])
    assert tries
    assert len(set(tries)) == len(tries)


def test_a_task_that_always_fails_stops_early() -> None:
    """The circuit breaker says so, instead of giving up thousands of items one by one. The last failure stops the run, and gives up nothing."""
    report = count_troubled("raising! " * 500, retry="none")
    assert report.stop is not None
    assert report.stop.kind == "circuit_breaker"
    assert "the last 50 attempts of count_chunk all failed, most of them with OSError" in report.stop.reason
    assert sum(report.failures.values()) == 49


def count_troubled(text: str, **options: object) -> RunReport:
    """Count with the tokenizer that kills and hangs."""
    registry = Registry.load()
    registry.register(DeadlyPlugin(), "deadly-plugin")
    return count_anagrams(text, tokenizer="deadly", chunk_size=9, registry=registry, **options)  # type: ignore[arg-type]


def test_poison_is_kept_in_the_checkpoint(tmp_path: Path) -> None:
    """A resumed run does not try it again, since it kills; the others are counted once."""
    options: dict[str, object] = {
        "orchestrator": "multiprocess",
        "orchestrator_options": {"workers": 2},
        "checkpoint": tmp_path / "c",
        "resume": True,
    }
    text = "cat dog deadly! cat dog cat dog"
    first, second = count_troubled(text, **options), count_troubled(text, **options)
    for report in (first, second):
        assert dict(report.failures) == {("count_chunk", "WorkerLost"): 1}
        (failed,) = report.failed_items
        assert (failed.is_poison, failed.place) == (True, "text, chunk 2")
        assert report.anagram_counts["cat"] == 3
    assert (first.lost, second.lost, second.attempts) == (3, 0, 0)


@pytest.mark.parametrize(
    ("word", "how"),
    [("deadly!", "ended by SIGKILL"), ("crashing!", "ended by SIGSEGV"), ("leaving!", "exited with 3")],
)
def test_every_way_to_die_is_told(word: str, how: str) -> None:
    """Killed, crashed or gone: it costs the item that did it, with the reason, and nothing else."""
    report = count_troubled(
        f"cat dog {word} cat dog cat dog", orchestrator="multiprocess", orchestrator_options={"workers": 2}
    )
    (failed,) = report.failed_items
    assert how in failed.error.message
    assert (report.anagram_counts["cat"], report.lost) == (3, 3)


@pytest.mark.slow  # it waits for seconds
@pytest.mark.parametrize("word", ["endless!", "stopped!"])
def test_a_hung_item_is_ended_in_a_process(word: str) -> None:
    """Its worker is killed, even one that the system has stopped, and the run goes on with a new worker."""
    report = count_troubled(
        f"cat dog {word} cat dog cat dog",
        orchestrator="multiprocess",
        orchestrator_options={"workers": 2},
        retry="none",
        limits=Limits(item_timeout=5.0),
    )
    assert dict(report.failures) == {("count_chunk", "ItemTimeout"): 1}
    assert report.anagram_counts["cat"] == 3
    assert (report.stop, report.abandoned_attempts, report.lost) == (None, 0, 0)


@pytest.mark.slow  # it waits for seconds
def test_a_hung_item_is_abandoned_in_a_thread() -> None:
    """The orchestrator cannot end it there; the report says so, and the others are counted by the threads that are left."""
    report = count_troubled(
        "cat dog endless! cat dog cat dog",
        orchestrator="threaded",
        orchestrator_options={"workers": 2},
        retry="none",
        faults="latency",  # in stages: a counting kernel would hold the lock that the other threads wait for
        latency_scale=1e-9,
        limits=Limits(item_timeout=5.0),
    )
    assert dict(report.failures) == {("filter_input", "ItemTimeout"): 1}
    assert report.anagram_counts["cat"] == 3
    assert (report.stop, report.abandoned_attempts) == (None, 1)
    assert "the orchestrator cannot end it" in report.failed_items[0].error.message


def test_when_every_thread_hangs_the_run_stops() -> None:
    """It says why, and ends."""
    report = count_troubled(
        "cat endless dog endless! cat dog",
        orchestrator="threaded",
        orchestrator_options={"workers": 1},
        limits=Limits(item_timeout=0.2, grace=0.0),
    )
    assert report.stop is not None
    assert report.stop.kind == "abandoned"
