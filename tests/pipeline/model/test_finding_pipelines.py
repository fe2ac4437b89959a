"""A pipeline is found by what a user calls it, and its options are checked as those of any component."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from unittest import mock

import pytest

from command import anagram, refused_here
from forgotten_modules import forgetting_modules
from pipeline_optimization import Pipeline, run
from pipeline_optimization.cli import main
from pipeline_optimization.errors import CheckpointError, OptionError, PluginError, UsageError
from pipeline_optimization.pipeline.model.finding import FoundPipeline, find_pipeline
from pipeline_optimization.pipeline.model.steps import CompletePipeline
from pipeline_optimization.sources import TextSource

LONG = '''
"""Counts long words."""
from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pipeline_optimization import Pipeline, task

if TYPE_CHECKING:
    from pipeline_optimization import CompletePipeline


@task(permanent=(ValueError,))
def cut(line: str, *, size: int, case: str) -> list[str]:
    if "x" in line:
        raise ValueError("no x")
    return [word for word in (line.upper() if case == "upper" else line).split() if len(word) >= size]


def pipeline(
    size: int = 3,
    case: Literal["upper", "as-is"] = "as-is",
    share: float | None = None,
    is_loud: bool = False,
    stop: Path | None = None,
    plain="a",
    extra=2,
    codes: tuple[int, ...] = (1, 2),
) -> CompletePipeline[str, dict[str, int]]:
    """Count words of a length.

    Nothing else.
    """
    return Pipeline("long-words").lines().flat_map(partial(cut, size=size, case=case)).count()


def needy(where: Path) -> CompletePipeline[str, dict[str, int]]:
    return pipeline()


def raising(): return 1 / 0
def leaving(): raise SystemExit(3)
def begun(): return Pipeline("p")
def endless(): return Pipeline("p").lines()
def other(): return 5
def counting() -> int: return 5
def by_place(size, /): return pipeline(size)
number = 7
'''


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A directory with pipelines that have options, which is the working directory."""
    (tmp_path / "long.py").write_text(LONG)
    (tmp_path / "in.txt").write_text("the cat\non a mat\n")
    monkeypatch.chdir(tmp_path)
    with forgetting_modules(tmp_path):
        yield tmp_path


def test_parameters_are_options(workplace: Path) -> None:
    """Texts become what a parameter's annotation says, or the type of its default; what is not given has its default."""
    given = {
        "size": "2",
        "case": "upper",
        "share": "0.5",
        "is-loud": "yes",
        "stop": "a.txt",
        "plain": "3",
        "extra": "4",
    }
    found = find_pipeline("long.py", given)
    expected = {"size": 2, "case": "upper", "share": 0.5, "is_loud": True, "stop": "a.txt", "plain": "3", "extra": 4}
    assert found.options == expected
    assert run(found.pipeline, TextSource("the cat\non a mat\n")).result == dict.fromkeys(
        ["CAT", "MAT", "ON", "THE"], 1
    )
    defaults = {"size": 3, "case": "as-is", "share": None, "is_loud": False, "stop": None, "plain": "a", "extra": 2}
    assert find_pipeline("long.py:pipeline").options == defaults


def test_what_is_found_is_found_again(workplace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Elsewhere too, by the plain data of the first time."""
    found = find_pipeline("long.py", {"size": "1", "stop": Path("a.txt")})
    monkeypatch.chdir("/")
    again = find_pipeline(found.reference, found.options)
    assert (again.reference, again.options, again.files) == (found.reference, found.options, found.files)
    text = TextSource("the cat on a mat")
    assert run(again.pipeline, text).result == run(found.pipeline, text).result


def test_modules_are_found_by_name(workplace: Path) -> None:
    """With the same options."""
    found: FoundPipeline = find_pipeline("long:pipeline", {"size": 2})
    assert (found.reference, found.options["size"], found.files) == ("long:pipeline", 2, [])


@pytest.mark.parametrize(
    ("reference", "options", "kind", "words"),
    [
        ("long.py", {"sise": "3"}, OptionError, "has no option 'sise'. Did you mean 'size'?"),
        ("long.py", {"size": "big"}, OptionError, "Option 'size' of the pipeline 'long.py:pipeline' must be integer"),
        ("long.py", {"case": "uper"}, OptionError, "must be upper|as-is, not 'uper'"),
        ("long.py", {"share": "x"}, OptionError, "must be number or none, not 'x'"),
        ("long.py", {"codes": "int"}, OptionError, "must be tuple[int, ...], not 'int'"),
        ("long.py:needy", {}, OptionError, "The pipeline 'long.py:needy' needs its option 'where' (path)."),
        ("long.py:raising", {}, PluginError, "Building the pipeline 'long.py:raising' failed: ZeroDivisionError"),
        ("long.py:leaving", {}, PluginError, "failed: SystemExit: 3"),
        ("long.py:endless", {}, UsageError, "What 'long.py:endless' returns has no end"),
        ("long.py:other", {}, UsageError, "What 'long.py:other' returns is no pipeline, but of type int"),
        ("long.py:counting", {}, UsageError, "is no pipeline, but a function that returns int"),
        ("long.py:by_place", {}, UsageError, "takes 'size' by position only"),
        ("long.py:cut", {}, UsageError, "is no pipeline, but a function with @task"),
        ("long.py:begun", {}, UsageError, "has no input and no end. Add them, such as .lines() and .count()."),
        ("long.py:number", {}, UsageError, "is no pipeline, but of type int"),
        ("long.py:pipelin", {}, UsageError, "Did you mean 'pipeline'?"),
        ("quitting.py", {}, UsageError, "'quitting.py' cannot be imported: SystemExit: 3 ("),
        ("two.py", {}, UsageError, "It has first, second: name one, as in two.py:first"),
        ("plain.py", {"size": 3}, OptionError, "The pipeline 'plain.py:some' has no options, so 'size' cannot be set"),
    ],
)
def test_mistakes(
    workplace: Path, reference: str, options: dict[str, object], kind: type[Exception], words: str
) -> None:
    """Each is told with the name of what is meant, and with what there is."""
    (workplace / "quitting.py").write_text("import sys\nsys.exit(3)\n")
    head = "from pipeline_optimization import CompletePipeline, Pipeline\n"
    functions = [
        f"def {name}() -> CompletePipeline: return Pipeline('p').lines().count()\n" for name in ("first", "second")
    ]
    (workplace / "two.py").write_text(head + "".join(functions))
    (workplace / "plain.py").write_text(head + "some = Pipeline('p').lines().count()\n")
    with pytest.raises(kind) as raised:
        find_pipeline(reference, options)
    assert words in str(raised.value)


def test_the_command_takes_options(workplace: Path) -> None:
    """They reach the functions in other processes."""
    arguments = ("run", "--pipeline", "long.py", "in.txt", "-o", "pipeline.size=2", "-o", "pipeline.case=upper")
    done = anagram(*arguments, "--orchestrator", "multiprocess", "--format", "csv", cwd=workplace)
    assert (done.returncode, done.stdout.decode()) == (0, "CAT,1\nMAT,1\nON,1\nTHE,1\n"), done.stderr


def test_the_command_lists_them(workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """``-o help`` has those of the pipeline and of what every pipeline is run with, and no others."""
    with mock.patch.dict(os.environ), pytest.raises(SystemExit):
        main(["run", "--pipeline", "long.py", "-o", "help"])
    listed = capsys.readouterr().out
    assert "pipeline long.py:pipeline: Count words of a length.\n  -o pipeline.size=3  (integer)\n" in listed
    assert "-o pipeline.stop=none  (path or none)\n" in listed
    assert "orchestrator sequential" in listed
    assert "tokenizer" not in listed


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--text", "cat", "-o", "pipeline.size=3"], "-o pipeline.size is for a pipeline: name it with --pipeline"),
        (["--pipeline", "long.py", "in.txt", "-o", "tokenizer.a=3"], "is for counting anagrams"),
        (["--pipeline", "long.py", "in.txt", "-o", "pipline.a=3"], "there is no 'pipline'; it can be orchestrator"),
    ],
)
def test_options_without_their_owner(
    workplace: Path, arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """An option of a component that the run does not have is a mistake, and never passed over."""
    assert words in " ".join(refused_here(["run", *arguments], workplace, capsys).split())


def test_a_checkpoint_is_of_one_value(workplace: Path) -> None:
    """Another value of an option is refused by its name; the same value goes on, in another process too."""
    arguments = ("run", "--pipeline", "long.py", "in.txt", "--checkpoint", "c", "--resume", "--format", "csv")
    first = anagram(*arguments, cwd=workplace)
    assert first.returncode == 0, first.stderr
    assert anagram(*arguments, "-o", "pipeline.size=3", cwd=workplace).stdout == first.stdout
    changed = anagram(*arguments, "-o", "pipeline.size=2", cwd=workplace)
    assert changed.returncode == 2
    assert b"the pipeline's option 'size' was 3, and is 2." in changed.stderr


def with_size(size: int) -> CompletePipeline[object, dict[str, int]]:
    """Return what a program gets that calls the function itself."""
    return find_pipeline("long.py", {"size": size}).pipeline


def test_arguments_given_beforehand_are_code(workplace: Path) -> None:
    """From Python, without a word on options: a checkpoint knows what is given to a function, and a task stays one."""
    run(with_size(3), Path("in.txt"), checkpoint="c")
    assert run(with_size(3), Path("in.txt"), checkpoint="c", resume=True).attempts == 0
    with pytest.raises(CheckpointError, match="the code of cut"):
        run(with_size(2), Path("in.txt"), checkpoint="c", resume=True)
    failed = run(with_size(3), TextSource("a x\nbcd"), retry="fixed")
    assert [(one.task, one.attempts) for one in failed.failed_items] == [("cut", 1)]
    assert Pipeline("p").lines().map(partial(int, base=8)).steps[0].name == "int"
