"""Orchestrators head to head on a user's own pipeline: answers are checked, and who cheats or breaks is named."""

from __future__ import annotations

import contextlib
import json
import shutil
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from command import anagram, refused, refused_here
from pipeline_optimization.benchmarks.pipelines.cases import PipelineCase
from pipeline_optimization.benchmarks.reports.schema import load_schema
from pipeline_optimization.cli import main
from pipeline_optimization.cli.compare import pipeline as pipeline_comparison
from project_files import CONTENDERS, SUPPORT
from similar_cases import some

CHEATS = SUPPORT / "pipeline_cheats"
QUICK = ("--iterations", "1", "--seed", "5")

STATUS = '''
"""Counts status codes; one line is none."""

from pipeline_optimization import Pipeline, task


@task(permanent=(ValueError,))
def parse(line: str) -> tuple[str, int]:
    name, code = line.split(" ")
    return name, int(code)


def is_error(entry: tuple[str, int]) -> bool:
    return entry[1] >= 400


pipeline = Pipeline("errors").lines().map(parse).filter(is_error).count()
'''

FLAKY = '''
"""Its steps wait and fail under faults, and it draws its own input."""

from collections import Counter
from random import Random

from pipeline_optimization import CompletePipeline, Pipeline, task


@task(failure_rate=0.1, sleep_time=0.1)
def locate(line: str) -> str:
    return line.strip()


@task(sleep_time=0.1)
def twice(word: str) -> list[str]:
    return [word, word.upper()]


def make(random: Random, size: int) -> str:
    return "\\n".join(f"n{random.randrange(10)}" for _ in range(size))


def right(text: str) -> dict[str, int]:
    return dict(Counter([*text.splitlines(), *text.upper().splitlines()]))


def plain(text: str) -> str:
    return text.strip()


flaky = Pipeline("flaky").lines().map(locate).flat_map(twice).count().for_comparison(sample=make)
calm = Pipeline("calm").lines().map(plain).count().for_comparison(sample=make)
checked = Pipeline("checked").lines().map(plain).flat_map(twice).count().for_comparison(sample=make, expected=right)
'''

ODD = """
import itertools
import time
from random import Random

from pipeline_optimization import Pipeline

NUMBERS = itertools.count()


def number(line: str) -> int:
    return next(NUMBERS)


def hang(line: str) -> str:
    time.sleep(60)
    return line


class Thing:
    pass


def thing(line: str) -> Thing:
    return Thing()


def same(value: int) -> int:
    return value


changing = Pipeline("changing").lines().map(number).collect()
hanging = Pipeline("hanging").lines().map(hang).count()
shapeless = Pipeline("shapeless").lines().map(thing).collect()
values = Pipeline("values").values(int).map(same).sum()
drawn = values.for_comparison(sample=lambda random, size: [random.randrange(9) for _ in range(size)])
unfair = values.for_comparison(sample=lambda random, size: [next(NUMBERS) for _ in range(size)])
lambdas = Pipeline("lambdas").lines().map(lambda line: line).count()
"""


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A working directory with pipelines, a log, and a file contender."""
    (tmp_path / "status.py").write_text(STATUS)
    (tmp_path / "flaky.py").write_text(FLAKY)
    (tmp_path / "odd.py").write_text(ODD)
    lines = [f"host{number % 7} {code}" for number, code in enumerate([200, 404, 500] * 40)]
    (tmp_path / "access.log").write_text("\n".join([*lines[:50], "no line", *lines[50:]]) + "\n")
    shutil.copy(CONTENDERS / "honest.py", tmp_path)
    return tmp_path


def compared(directory: Path, *arguments: str, command: str = "compare", code: int = 0) -> dict[str, Any]:
    """Return the export of a comparison, which its schema describes, with what was printed."""
    done = anagram(command, "--pipeline", *arguments, *QUICK, "--export", "out.json", cwd=directory)
    assert done.returncode == code, done.stderr.decode()
    found: dict[str, Any] = json.loads((directory / "out.json").read_text("utf-8"))
    jsonschema.Draft202012Validator(load_schema()).validate(found)
    return {**found, "stdout": done.stdout.decode(), "stderr": done.stderr.decode()}


def problems(found: dict[str, Any]) -> dict[str, list[str]]:
    return {row["contender"]: row["problems"] for row in found["summary"]}


def named(*names: str) -> list[str]:
    return [word for name in names for word in ("--orchestrator", name)]


def test_orchestrators_are_compared_on_a_users_files(directory: Path) -> None:
    """Each gets through the user's own lines, of which one fails for good everywhere; reports are in elements and name the pipeline."""
    more = ("--export", "out.html", "--export", "out.md", "--export", "out.csv")
    found = compared(directory, "status.py", "access.log", *named("sequential", "threaded", "multiprocess"), *more)
    assert problems(found) == {"sequential": [], "threaded": [], "multiprocess": []}
    assert {row["success_rate"] for row in found["summary"]} == {1.0}
    (case,) = found["cases"]
    assert (case["case"], case["profile"], case["faults"], case["words"]) == ("errors", "as-is", "none", 121)
    pipeline = found["run"]["pipeline"]
    assert (pipeline["name"], pipeline["input"]) == ("errors", str(directory / "access.log"))
    assert len(pipeline["limits"]) == 2
    assert "121 elements, of which 1 fails for good" in found["stderr"]
    assert "as-is · errors (121 elements, 1 round, random order)" in found["stdout"]
    assert "elements/s" in found["stdout"]
    assert "words" not in found["stdout"]
    for limit in pipeline["limits"]:
        assert limit in " ".join(found["stdout"].split())
    for name in ("out.html", "out.md", "out.csv"):
        assert "errors" in (directory / name).read_text("utf-8")
    assert "replay" not in {one["kind"] for sample in found["samples"] for one in sample["executions"]}


@pytest.mark.slow
def test_cheats_and_accidents_have_their_names(directory: Path) -> None:
    """Under faults: left-out elements, changed results, steps that nobody called, crashes and hangs are rows with their faults."""
    cheats = ("crashes", "drops", "hangs", "miscounts", "skips")
    arguments = ("flaky.py:flaky", "--sample-size", "6", "--plugins-dir", str(CHEATS), "--timeout", "5s")
    found = compared(directory, *arguments, *named("sequential", "asyncio", *cheats), code=3)
    assert problems(found) == {
        "sequential": [],
        "asyncio": [],
        "crashes": ["crashed"],
        "drops": ["lost_elements"],
        "hangs": ["timeout"],
        "miscounts": ["wrong_result"],
        "skips": ["skipped_stages"],
    }
    reasons = {row["contender"]: " ".join(row["reasons"]) for row in found["summary"]}
    assert "entries differ: 'N" in reasons["miscounts"]
    assert "elements instead of 6." in reasons["drops"]
    assert "had no successful call of locate, 0:" in reasons["skips"]
    sound = [row for row in found["summary"] if not row["problems"]]
    assert all(row["floor_ms"] > 0 for row in sound)
    assert {sample["retry"][0] for sample in found["samples"] if sample["contender"] == "asyncio"} == {"exponential"}


@pytest.mark.slow
def test_remembered_results_are_wrong_where_inputs_are_new(directory: Path) -> None:
    """Where the pipeline draws its inputs, each execution has another, so an answer from memory is the wrong one."""
    cheats = ("remembers", "--plugins-dir", str(CHEATS))
    found = compared(
        directory, "flaky.py:calm", "--sample-size", "50", *named("sequential", *cheats[:1]), *cheats[1:], code=3
    )
    assert problems(found) == {"sequential": [], "remembers": ["memorised_answer"]}


@pytest.mark.slow
def test_a_pipeline_may_say_itself_what_is_right(directory: Path) -> None:
    """``expected`` is what results are held against, and ``benchmark`` measures one orchestrator alone."""
    found = compared(directory, "flaky.py:checked", "--sample-size", "5", command="benchmark")
    assert problems(found) == {"sequential": []}
    wrong = directory / "flaky.py"
    wrong.write_text(FLAKY.replace("return dict(Counter(", "return {'more': 1} | dict(Counter("))
    found = compared(directory, "flaky.py:checked", "--sample-size", "5", command="benchmark", code=3)
    assert problems(found) == {"sequential": ["wrong_result"]}
    assert "'more' has nothing instead of 1." in " ".join(found["summary"][0]["reasons"])


def test_values_are_drawn(directory: Path) -> None:
    """A pipeline over values is compared on those that it draws. What its module prints stands before no table."""
    (directory / "odd.py").write_text(f"print('imported')\n{ODD}")
    found = compared(directory, "odd.py:drawn", "--sample-size", "30", *named("sequential"), command="benchmark")
    assert problems(found) == {"sequential": []}
    assert found["cases"][0]["words"] == 30
    assert "imported" not in found["stdout"].splitlines()
    assert "imported" in found["stderr"].splitlines()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["status.py"], "The pipeline 'errors' needs an input: name files, or let it make some"),
        (["odd.py:values", "access.log"], "The pipeline 'values' runs over values, and not over files"),
        (["status.py", "none.log"], "none.log"),
        (["status.py", "-"], "can be read once only"),
        (["status.py", "access.log", "--orchestrator", "honest.py"], "which can only count anagrams"),
        (["status.py", "access.log", "--reference", "honest.py"], "which can only count anagrams"),
        (["status.py", "access.log", "--compare-dir", "."], "--compare-dir names files that count anagrams"),
        (["status.py", "access.log", "--test-case", "small"], "--test-case is for counting anagrams"),
        (["status.py", "access.log", "--profile", "cpu"], "--profile cpu says nothing of a pipeline"),
        (["status.py", "access.log", "--profile", "mixed"], "--profile mixed has nothing to simulate"),
        (["status.py", "access.log", "--faults", "heavy"], "--faults or --latency-scale has nothing to simulate"),
        (["status.py", "access.log", "--scan", "words=1..9"], "there is --scan workers=1..4"),
        (["status.py", "access.log", "--vary", "tokenizer=unicode"], "--vary tokenizer is for counting anagrams"),
        (["status.py", "access.log", "-o", "pipeline.depth=1"], "depth"),
    ],
)
def test_what_cannot_be_compared_is_refused(
    directory: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    """Before anything runs, one sentence says what is wrong."""
    said = refused_here(["compare", "--pipeline", *arguments], directory, capsys)
    assert message in " ".join(said.split())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["compare", "--sample-size", "5"], "--sample-size is for a pipeline"),
        (["compare", "-o", "pipeline.depth=1"], "-o pipeline.depth is for a pipeline"),
        (["compare", "--profile", "as-is"], "--profile as-is says nothing of texts"),
    ],
)
def test_options_of_pipelines_need_one(
    directory: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    """Where anagrams are counted, options that are about pipelines are refused."""
    assert message in " ".join(refused_here(arguments, directory, capsys).split())


@pytest.mark.parametrize(
    ("pipeline", "message"),
    some(
        [
            ("odd.py:changing", "Two runs of the pipeline 'changing' over the same input gave different results"),
            ("odd.py:unfair", "sample() of the pipeline 'values' made two inputs of the same chance"),
            ("odd.py:shapeless", "which cannot be compared. Return plain data"),
        ],
        every=3,
    ),
)
def test_what_has_no_right_answer_is_refused(directory: Path, pipeline: str, message: str) -> None:
    """A result that differs from run to run, or that has nothing to compare, ends the command before anything is measured."""
    given = [] if pipeline.endswith("unfair") else ["access.log"]
    assert message in " ".join(refused(["compare", "--pipeline", pipeline, *given], cwd=directory).split())


@pytest.mark.slow
def test_a_run_that_hangs_by_itself_is_told(directory: Path) -> None:
    """A pipeline that does not end is no contender's fault: the command says which run to try, and ends."""
    said = refused(["compare", "--pipeline", "odd.py:hanging", "access.log", "--timeout", "1s"], cwd=directory)
    said = " ".join(said.split())
    assert "It took longer than 1 s (--timeout)." in said
    assert "Try it: anagram run --pipeline" in said


def test_a_long_comparison_says_so_first(
    directory: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before anything is measured, the command says how long it may take, and gives each execution time enough."""
    asked: list[Any] = []

    def run_comparison(contenders: object, settings: Any, *_: object, **__: object) -> int:
        asked.append(settings)
        return 0

    monkeypatch.setattr(pipeline_comparison, "run_comparison", run_comparison)
    seconds = [1.5, 0.001]
    monkeypatch.setattr(PipelineCase, "seconds", lambda case: seconds[0])
    arguments = ["compare", "--pipeline", "status.py", "access.log", *named("sequential"), "--iterations", "300"]
    for _ in range(2):
        with contextlib.chdir(directory), pytest.raises(SystemExit) as ended:
            main(arguments)
        assert ended.value.code in {0, None}
        seconds.pop(0)
    long, short = capsys.readouterr().err.split("Running errors")[1:]
    assert "With 1 contender in 300 rounds this may take up to 15" in long, long
    assert "may take up to" not in short
    assert [settings.timeout for settings in asked] == [15.0, 10.0]


@pytest.mark.slow
def test_changed_code_is_not_gone_on_with(directory: Path) -> None:
    """Neither an interrupted comparison nor a baseline is of a pipeline whose code has changed since."""
    arguments = (
        "status.py",
        "access.log",
        *named("sequential"),
        "--partial",
        "part.jsonl",
        "--save-baseline",
        "before",
    )
    compared(directory, *arguments, command="benchmark")
    (directory / "status.py").write_text(STATUS.replace("400", "500"))
    said = refused(["benchmark", "--resume", "part.jsonl"], cwd=directory)
    assert "The pipeline or its input has changed since part.jsonl was written" in " ".join(said.split())
    later = ("benchmark", "--pipeline", "status.py", "access.log", *QUICK, "--baseline", "before")
    done = anagram(*later, cwd=directory)
    assert done.returncode == 2
    assert "the code, the options or the input of the pipeline 'errors' have changed" in done.stderr.decode()
