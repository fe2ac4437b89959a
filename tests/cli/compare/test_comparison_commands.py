"""The harness as its users meet it: on the command line."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import jsonschema
import psutil
import pytest
from attrs import evolve

from command import ANAGRAM, anagram, environment, refused, refused_here
from example_results import results
from pipeline_optimization.benchmarks.anagrams.cases import benchmark_case
from pipeline_optimization.benchmarks.documents import results_to_json
from pipeline_optimization.benchmarks.reports.schema import load_schema
from pipeline_optimization.benchmarks.schedule import Round, make_round
from pipeline_optimization.benchmarks.stored import load_results
from project_files import CONTENDERS

QUICK = ("--test-case", "small", "--iterations", "1", "--latency-scale", "0.001", "--seed", "5", "--timeout", "5s")


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A directory with an honest contender, in a working directory of its own."""
    found = tmp_path / "mine"
    found.mkdir()
    shutil.copy(CONTENDERS / "honest.py", found)
    return found


def compared(directory: Path, *arguments: str, code: int = 0) -> dict[str, Any]:
    """Compare a directory with sequential and return the export, which its schema describes, with what was printed."""
    path = directory.parent / "out.json"
    done = anagram(
        "compare",
        "--compare-dir",
        str(directory),
        "--orchestrator",
        "sequential",
        "--export",
        str(path),
        *QUICK,
        *arguments,
        cwd=directory.parent,
    )
    assert done.returncode == code, done.stderr.decode()
    found = json.loads(path.read_text("utf-8"))
    assert isinstance(found, dict)
    jsonschema.Draft202012Validator(load_schema()).validate(found)
    found["stdout"] = done.stdout.decode()
    return found


def rows(found: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {row["contender"]: row for row in found["summary"]}


@pytest.mark.slow
def test_several_are_measured_by_themselves(directory: Path) -> None:
    """``benchmark`` takes several names, as ``compare`` does; ratios are to the first."""
    path = directory.parent / "out.json"
    done = anagram("benchmark", "sequential", "mine", *QUICK, "--export", str(path), cwd=directory.parent)
    assert done.returncode == 0, done.stderr.decode()
    found = json.loads(path.read_text("utf-8"))
    assert [row["contender"] for row in found["summary"]] == ["sequential", "honest"]
    assert found["run"]["reference"] == "sequential"
    assert found["run"]["time_budget_s"] is None


def test_a_quick_look_has_values_and_no_verdict(directory: Path) -> None:
    """One round shows every figure and ranks nobody; nothing is called certain."""
    found = compared(directory)
    assert {name: row["verdict"] for name, row in rows(found).items()} == {
        "sequential": "unranked",
        "honest": "unranked",
    }
    for row in rows(found).values():
        assert row["success_rate"] == row["expected_success_rate"] == 1.0
        assert row["runtime_ms"] > 0
        assert row["words_per_second"] > 0
        assert row["memory_peak_mib"] > 10
        assert row["memory_growth_mib"] is not None
        assert row["cpu_percent"] > 0
        assert row["problems"] == []
        assert row["interval_ms"] is None
    assert not set("★≈") & set(found["stdout"].partition("★ certainly")[0])
    assert "too few" in found["stdout"]


@pytest.mark.slow
def test_all_cases_are_run_unless_one_is_named(tmp_path: Path) -> None:
    """A comparison measures all test cases, and computing besides; ``benchmark`` the cases, and the exercise's command works."""
    quick = ("--iterations", "1", "--latency-scale", "0.001", "--seed", "5", "--export", "out.json")
    for command, measured in (
        (["compare", "sequential"], ["mixed small", "mixed medium", "mixed large", "cpu small"]),
        (["benchmark"], ["mixed small", "mixed medium", "mixed large"]),
    ):
        done = anagram(*command, *quick, cwd=tmp_path)
        assert done.returncode == 0, done.stderr.decode()
        found = json.loads((tmp_path / "out.json").read_text("utf-8"))
        assert [f"{case['profile']} {case['case']}" for case in found["cases"]] == measured
        assert [case["words"] for case in found["cases"]][:3] == [1, 23, 124]
        assert {row["success_rate"] for row in found["summary"]} == {1.0}


def test_broken_files_are_rows(directory: Path) -> None:
    """A file that cannot be imported, or has no class, is a row that says why; the others are compared."""
    for name in ("cannot_be_imported", "has_no_class"):
        shutil.copy(CONTENDERS / f"{name}.py", directory)
    (directory / "_shared.py").write_text("raise SystemExit\n")
    found = compared(directory, code=4)
    assert rows(found)["cannot_be_imported"]["problems"] == ["import_error"]
    assert rows(found)["has_no_class"]["problems"] == ["no_orchestrator"]
    assert {row["verdict"] for row in rows(found).values()} == {"failed", "unranked"}
    assert "a_package_that_nobody_has" in found["stdout"]
    assert "_shared" not in rows(found)


@pytest.mark.slow
def test_contenders_share_a_retry_policy(directory: Path) -> None:
    """Plugins and files that use ``retry_task`` get the named policy; who does otherwise is seen to."""
    for name in ("insists", "hopes"):
        shutil.copy(CONTENDERS / f"{name}.py", directory)
    policy = ("--retry", "fixed", "-o", "retry.delay=0.5", "-o", "retry.attempts=30")
    found = compared(directory, *policy, "--test-case", "medium")
    assert found["run"]["retry"] == "fixed attempts=30 delay=0.5"
    assert {one["name"]: one["retry"] for one in found["contenders"]} == {
        "sequential": "fixed attempts=30 delay=0.5",
        "honest": "fixed attempts=30 delay=0.5",
        "insists": "own",
        "hopes": "none",
    }


@pytest.mark.slow
def test_wrong_answers_have_their_exit_code(directory: Path) -> None:
    shutil.copy(CONTENDERS / "miscounts.py", directory)
    found = compared(directory, code=3)
    assert rows(found)["miscounts"]["verdict"] == "wrong"
    assert rows(found)["miscounts"]["runtime_ms"] is None


@pytest.mark.slow
def test_names_of_files_are_text_everywhere(directory: Path) -> None:
    """A file's name cannot move the cursor of a terminal, in a progress line, a table or a file."""
    shutil.copy(directory / "honest.py", directory / "red\x1b[31m.py")
    found = compared(directory)
    assert set(rows(found)) == {"sequential", "honest", "red\\x1b[31m"}
    assert "\x1b" not in found["stdout"]


@pytest.mark.slow
def test_files_see_the_working_directory(directory: Path) -> None:
    """A contender may open files relative to where the command was started."""
    (directory.parent / "data.txt").write_text("here")
    (directory / "reads.py").write_text(
        "from honest import TaskOrchestrator\nassert open('data.txt', encoding='utf-8').read() == 'here'\n"
    )
    assert rows(compared(directory))["reads"]["problems"] == []


@pytest.mark.slow
def test_a_seed_repeats_texts_and_faults(directory: Path) -> None:
    """Two runs with one seed have the same order, floors and failures."""

    def essence(found: dict[str, Any]) -> list[Any]:
        return [
            (s["contender"], s["kind"], s["order_index"], [(e["floor_ms"], e["recovered"]) for e in s["executions"]])
            for s in found["samples"]
        ] + [found["cases"][0]["expected_digests"]]

    assert essence(compared(directory)) == essence(compared(directory))


def test_everything_about_a_round_follows_from_the_seed() -> None:
    """Texts, faults and hash seeds repeat with the seed, and differ from round to round and execution to execution."""
    case = benchmark_case("medium", "mixed", latency_scale=0.05)

    def make(seed: int, number: int) -> Round:
        return make_round(case, "timed", number, seed=seed, warm_runs=3)

    assert make(1, 1) == make(1, 1)
    rounds = [make(1, 1), make(1, 2), make(2, 1)]
    texts = [given.data for round_ in rounds for _, given in round_.inputs]
    assert len(set(texts)) == len(texts) == 12
    assert len({round_.settings.seed for round_ in rounds if round_.settings}) == 3
    assert len({round_.hash_seed for round_ in rounds}) == 3


@pytest.mark.slow
def test_one_orchestrator() -> None:
    """``benchmark`` shows the six figures of one orchestrator."""
    done = anagram("benchmark", "--orchestrator", "threaded", "--profile", "cpu", *QUICK)
    assert done.returncode == 0, done.stderr.decode()
    output = done.stdout.decode()
    for header in ("success", "mean ms", "words/s", "peak MiB", "growth MiB", "CPU %"):
        assert header in output
    assert "100.0 %" in output
    assert "cpu · small (20 000 words" in output


def test_a_stored_comparison_takes_another_reference(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """``report --reference`` relates the ratios to another contender, by its name or its file."""
    stored = results({"a": 1.0, "b": 2.0})
    contenders = [stored.contenders[0], evolve(stored.contenders[1], kind="file", source="mine/b.py")]
    path = tmp_path / "r.json"
    path.write_text(results_to_json(evolve(stored, contenders=contenders)), "utf-8")
    with contextlib.chdir(tmp_path):
        for reference in ("b", "mine/b.py", "./mine/../mine/b.py"):
            shown = load_results("r.json", reference=reference)
            assert {row.contender: row.ratio for row in shown.summary}["b"] == 1.0
            assert shown.run.reference == "b"
    message = refused_here(["report", "r.json", "--reference", "c"], tmp_path, capsys)
    assert "There is no contender 'c' in r.json. There are: a, b." in message


def test_a_reader_who_leaves_is_no_failure(tmp_path: Path) -> None:
    """``anagram report ... | head`` ends as any program whose pipe is closed."""
    (tmp_path / "r.json").write_text(results_to_json(results({"a": 1.0, "b": 2.0})), "utf-8")
    read, write = os.pipe()
    os.close(read)
    try:
        done = subprocess.run(
            [*ANAGRAM, "report", "r.json"],
            stdout=write,
            stderr=subprocess.PIPE,
            cwd=tmp_path,
            env=environment(),
            check=False,
        )
    finally:
        os.close(write)
    assert (done.returncode, done.stderr) == (141, b"")


@pytest.mark.slow
def test_detailed_names_the_methods() -> None:
    done = anagram("benchmark", "--detailed", *QUICK)
    output = done.stdout.decode()
    assert "How it was measured" in output
    assert "of the whole process tree, sampled from outside" in output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["benchmark", "--orchestrator", "nobody"], "Unknown orchestrator 'nobody'"),
        (["benchmark", "--orchestrator", "nobody.py"], "Cannot read nobody.py: No such file"),
        (["compare", "--compare-dir", "nowhere"], "There is no directory 'nowhere', nor a file or an orchestrator"),
        (["compare", "--reference", "nobody"], "There is no contender 'nobody'"),
        (["compare", "--timeout", "soon"], "'soon' is no duration; write 90s, 5m or 1h"),
        (["compare", "--fail-if-slower", "10", "--baseline", "x"], "'10' is no share; write it with its sign"),
        (["compare", "--fail-if-slower", "10%"], "name it with --baseline"),
        (["compare", "--baseline", "none"], "There is no baseline 'none'"),
        (["compare", "--export", "table.doc"], "table.doc"),
        (["compare", "--export", "nowhere/table.json"], "nowhere"),
        (["compare", "--iterations", "3", "--time-budget", "1m"], "exclude each other"),
        (["compare", "--resume", "nowhere.jsonl"], "Cannot read nowhere.jsonl"),
        (["compare", "--iterations", "0"], "0 is not in the range"),
        (["compare", "--scan", "words=9..1"], "'words=9..1' is no scan; write words=100..100000"),
        (["compare", "--scan", "workers=1..4", "--test-case", "all"], "--scan takes one test case"),
        (["compare", "--retry", "nobody"], "Unknown retry policy 'nobody'"),
        (["benchmark", "--retry", "fixed", "-o", "retry.delay=soon"], "delay"),
        (["compare", "-o", "workers=3"], "-o takes options of the retry policy only: -o retry.KEY=VALUE"),
        (["report", "nowhere.json"], "Cannot read nowhere.json: No such file"),
        (["report", "nowhere.jsonl"], "Cannot read nowhere.jsonl: No such file"),
    ],
)
def test_wrong_input_is_refused_at_once(
    arguments: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before anything is measured, with a message that says what to do."""
    assert message in refused_here(arguments, tmp_path, capsys)


@pytest.mark.slow
def test_stored_results_are_shown_again(directory: Path) -> None:
    """``report`` prints what the comparison printed, and writes every form of it."""
    found = compared(directory)
    done = anagram("report", "out.json", "--export", "out.html", "--export", "out.csv", cwd=directory.parent)
    assert done.returncode == 0, done.stderr.decode()
    assert done.stdout.decode() == found["stdout"]
    assert (directory.parent / "out.html").read_text("utf-8").startswith("<!doctype html>")
    assert len((directory.parent / "out.csv").read_text("utf-8").splitlines()) == 1 + len(found["samples"])
    markdown = anagram("report", "out.json", "--format", "md", cwd=directory.parent)
    assert b"| honest |" in markdown.stdout


@pytest.mark.slow
def test_a_scan_has_a_law_or_says_why_not(directory: Path) -> None:
    """A scan's cases are its sizes; two of them are too few for a law."""
    found = compared(directory, "--scan", "workers=1..2", "--profile", "cpu")
    assert [case["case"] for case in found["cases"]] == ["workers=1", "workers=2"]
    assert {scan["contender"] for scan in found["scans"]} == {"sequential", "honest"}
    assert "2 points cannot show a law; it takes 3." in found["stdout"]


def test_nothing_to_load(tmp_path: Path) -> None:
    """Where not one contender can be loaded the exit code is 2."""
    shutil.copy(CONTENDERS / "has_no_class.py", tmp_path)
    done = anagram("benchmark", "--orchestrator", "has_no_class.py", *QUICK, cwd=tmp_path)
    assert done.returncode == 2
    shown = b" ".join(done.stdout.split())  # the path decides where lines end
    assert b"defines no class TaskOrchestrator. If it has a pipeline, name it with --pipeline." in shown


def is_alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.mark.slow
def test_an_interrupted_comparison_goes_on(directory: Path) -> None:
    """Ctrl-C keeps every sample, leaves no process, and --resume takes only those that are missing."""
    partial = directory.parent / "partial.jsonl"
    shutil.copy(CONTENDERS / "hangs.py", directory)
    arguments = [
        "compare", "--compare-dir", str(directory), "--orchestrator", "sequential", "--partial", str(partial),
        "--test-case", "small", "--iterations", "2", "--latency-scale", "0.001", "--timeout", "3s", "--seed", "5",
    ]  # fmt: skip
    process = subprocess.Popen(
        [*ANAGRAM, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
        start_new_session=True,
    )
    deadline = time.monotonic() + 120
    while not (partial.exists() and partial.read_bytes().count(b"\n") > 2) and time.monotonic() < deadline:
        time.sleep(0.01)
    children = psutil.Process(process.pid).children(recursive=True)
    os.kill(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors.decode()
    assert f"anagram compare --resume {partial}".encode() in errors
    # Those that were killed are gone a moment later.
    while any(map(is_alive, children)):
        assert time.monotonic() < deadline, "a process was left behind"
        time.sleep(0.01)
    kept = partial.read_bytes().splitlines()
    shown = anagram("report", str(partial))
    assert shown.returncode == 0, shown.stderr.decode()
    with partial.open("ab") as stream:
        stream.write(b'{"half a li')
    done = anagram("compare", "--resume", str(partial))
    assert done.returncode == 4, done.stderr.decode()
    lines = partial.read_bytes().splitlines()
    assert lines[: len(kept)] == kept
    assert (
        len({json.dumps([s["kind"], s["round"], s["contender"]]) for s in map(json.loads, lines[1:])}) == len(lines) - 1
    )
    (directory / "honest.py").write_text("# changed\n")
    assert "The contenders have changed" in refused(["compare", "--resume", str(partial)])


@pytest.mark.selftest
def test_the_selftest_finds_what_is_there() -> None:
    """What is known to be there is found: memory and CPU time of children; a rate is given for equals."""
    done = subprocess.run(
        [*ANAGRAM, "compare", "--selftest", "--iterations", "1", "--seed", "1"],
        capture_output=True,
        text=True,
        env=environment(),
        check=False,
    )
    assert done.returncode in {0, 3}, done.stderr
    lines = done.stdout.splitlines()
    assert any("100 MiB in a child" in line and "✓" in line for line in lines), done.stdout
    cheats = [line for line in lines if line.startswith("cheat: ")]
    assert len(cheats) == 8
    assert all("✓" in line for line in cheats), done.stdout
    assert any("1 CPU second" in line and "✓" in line for line in lines), done.stdout
    assert "of 1 comparisons of three copies of one contender named a difference" in done.stdout
