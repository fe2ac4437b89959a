"""``anagram retry --pipeline`` runs just those elements of a pipeline again that failed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from command import ended_here, refused_here
from forgotten_modules import forgetting_modules

MOODY = """
from functools import partial
import os

from pipeline_optimization import CompletePipeline, Pipeline


def words(line: str, *, least: int) -> list[str]:
    if "x" in line and os.environ.get("MOOD") == "bad":
        raise ValueError("not today")
    return [word for word in line.split() if len(word) >= least]


def pipeline(least: int = 1) -> CompletePipeline[str, dict[str, int]]:
    return Pipeline("long-words").lines().flat_map(partial(words, least=least)).count()
"""


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A directory with a pipeline that fails at its elements with an x while MOOD is bad, and its input."""
    (tmp_path / "moody.py").write_text(MOODY)
    (tmp_path / "in.txt").write_text("a fox\nthe cat\nno ox\n")
    monkeypatch.chdir(tmp_path)
    with forgetting_modules(tmp_path):
        yield tmp_path


RUN = ["run", "--pipeline", "moody.py", "-o", "pipeline.least=2", "in.txt", "--checkpoint", "c", "--retry", "none"]
RETRY = ["retry", "c", "--pipeline", "moody.py", "-o", "pipeline.least=2"]


def test_just_what_failed_runs_again(
    workplace: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With exit code 1 while something fails, and 0 when the result is whole; from another directory too."""
    monkeypatch.setenv("MOOD", "bad")
    code, out, err = ended_here([*RUN, "--format", "csv"], capsys)
    assert (code, out) == (1, "cat,1\nthe,1\n")
    assert "Try the failed elements again with: anagram run --pipeline moody.py" in err
    code, out, _ = ended_here([*RETRY, "--format", "json"], capsys)
    report = json.loads(out)
    assert (code, report["attempts"], [one["place"] for one in report["failed_items"]]) == (
        1,
        2,
        ["in.txt, line 1: 'a fox'", "in.txt, line 3: 'no ox'"],
    )
    monkeypatch.delenv("MOOD")
    (workplace / "elsewhere").mkdir()
    monkeypatch.chdir(workplace / "elsewhere")
    arguments = ["retry", "../c", "--pipeline", "../moody.py", "-o", "pipeline.least=2", "--orchestrator", "threaded"]
    code, out, err = ended_here([*arguments, "--format", "json", "--output", "out.json"], capsys)
    report = json.loads((workplace / "elsewhere" / "out.json").read_text())
    assert (code, out, err, report["attempts"]) == (0, "", "", 2)
    assert report["result"] == {"cat": 1, "fox": 1, "no": 1, "ox": 1, "the": 1}
    assert report["failed_items"] == []


@pytest.mark.parametrize(
    ("made", "is_known"), [("complex(line)", True), ("int(line) if line != '2' else 'two'", False)]
)
@pytest.mark.parametrize("definition", ["def", "async def"])
def test_an_element_that_is_not_kept_says_so_when_it_is_tried_again(
    workplace: Path, capsys: pytest.CaptureFixture[str], definition: str, made: str, is_known: bool
) -> None:
    """Its function returned what cannot be kept, or what the end cannot add. Nothing advises to try it again once that is known to be in vain."""
    end = "collect" if is_known else "sum"
    (workplace / "kept.py").write_text(
        f"from pipeline_optimization import Pipeline\n{definition} made(line):\n    return {made}\n"
        f"pipeline = Pipeline('kept').lines().map(made).{end}()\n"
    )
    (workplace / "in.txt").write_text("1\n2\n3\n")
    command = ["run", "--pipeline", "kept.py", "in.txt", "--checkpoint", "d"]
    code, _, err = ended_here(command, capsys)
    assert code == 1
    assert ("Try the failed elements again" in err) is not is_known
    code, out, err = ended_here([*command, "--resume", "--retry-failed"], capsys)
    assert code == 1
    assert "mend the function, and start anew with another checkpoint" in " ".join(out.split())
    assert "Try the failed elements again" not in err


def test_just_the_line_that_killed_its_worker_runs_again(workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It was found in a piece of a bundle, and costs no worker of a run that only goes on."""
    bad = workplace / "bad"  # workers may have an older environment than this process
    in_bad_mood = f"os.path.exists({str(bad)!r})"
    deadly = MOODY.replace('os.environ.get("MOOD") == "bad"', in_bad_mood).replace(
        'raise ValueError("not today")', "os._exit(3)"
    )
    (workplace / "moody.py").write_text(deadly)
    (workplace / "in.txt").write_text("a fox\nthe cat\n")
    in_workers = ["--orchestrator", "multiprocess", "-o", "workers=2", "--format", "json"]
    bad.touch()

    def report_of(*arguments: str) -> tuple[int, dict[str, Any]]:
        code, out, _ = ended_here([*arguments, *in_workers], capsys)
        return code, json.loads(out)

    code, first = report_of(*RUN)
    assert (code, first["result"], first["lost"]) == (1, {"cat": 1, "the": 1}, 5)
    code, same = report_of(*RUN, "--resume")
    assert (code, same["result"], same["failed_items"]) == (1, first["result"], first["failed_items"])
    assert (same["lost"], same["attempts"]) == (0, 0)
    code, again = report_of(*RETRY)
    assert (code, again["lost"], again["failed_items"]) == (1, 3, first["failed_items"])
    bad.unlink()
    code, whole = report_of(*RETRY)
    assert (code, whole["result"], whole["attempts"]) == (0, {"cat": 1, "fox": 1, "the": 1}, 1)


def test_a_retry_that_fails_names_itself(
    workplace: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command to repeat is the one that was given."""
    monkeypatch.setenv("MOOD", "bad")
    ended_here(RUN, capsys)
    code, _, err = ended_here([*RETRY, "--format", "csv"], capsys)
    assert code == 1
    assert f"Try the failed elements again with: anagram {' '.join(RETRY)} --format csv" in err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["c"], "is of the pipeline 'long-words'. Say where that is: anagram retry c --pipeline FILE.py"),
        (["c", "--pipeline", "anagrams"], "is of the pipeline 'long-words'. Say where that is"),
        (["c", "--pipeline", "moody.py"], "the pipeline's option 'least' was 2, and is 1. Give it that value with -o"),
        (["c", "--pipeline", "other.py"], "the pipeline was long-words, and is other"),
        (["c", "--pipeline", "nowhere.py"], "'nowhere.py' cannot be read"),
        (["words", "--pipeline", "moody.py"], "is of counting anagrams; leave --pipeline out"),
        (["words", "-o", "pipeline.least=3"], "name it with --pipeline"),
        (["missing", "--pipeline", "moody.py"], "There is no checkpoint 'missing'"),
    ],
)
def test_another_pipeline_is_refused(
    workplace: Path, arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """None, another one, another option, or one where anagrams were counted: each is told with what to do."""
    other = "from pipeline_optimization import Pipeline\npipeline = Pipeline('other').lines().count()\n"
    (workplace / "other.py").write_text(other)
    code, _, err = ended_here(RUN, capsys)
    assert code == 0, err
    assert ended_here(["run", "in.txt", "--checkpoint", "words"], capsys)[0] == 0
    assert words in " ".join(refused_here(["retry", *arguments], workplace, capsys).split())
