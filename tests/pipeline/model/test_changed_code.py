"""A checkpoint refuses changed code and names it, as far as it can be seen; who knows better goes on."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from command import anagram
from pipeline_optimization.file_module import FileModule
from pipeline_optimization.pipeline.model.code import code_facts
from pipeline_optimization.pipeline.model.ends import functions_of

SOURCE = '''
import re
from functools import partial

from pipeline_optimization import Pipeline, task

LIMIT = 3
WORD = re.compile("[a-z]+")
UNUSED = 1


def clean(line: str, *, limit: int = LIMIT) -> str:
    return shorten(line)[:limit]


def shorten(line: str) -> str:
    """Return it without blanks."""
    LIMIT_OF_ITS_OWN = 2
    return line.strip()


@task(retry=("fixed", {"delay": 0}))
def parse(line: str) -> str:
    found = WORD.search(clean(line))
    return found[0] if found else ""


def add(total: int, value: str) -> int:
    return total + measure(value)


def measure(value: str) -> int:
    return len(value)


def zero() -> int:
    return 0


def merge(total: int, other: int) -> int:
    return total + other


def other(value: str) -> str:
    return value


pipeline = Pipeline("p").lines().map(parse).reduce(zero, add, merge)
'''

CHANGES = {
    "def shorten(line: str)": ("def shorten(line: object)", "the code of shorten, which parse uses"),
    "LIMIT = 3": ("LIMIT = 4", "the code of LIMIT, which"),
    "[a-z]+": ("[a-y]+", "the code of WORD, which parse uses"),
    'found[0] if found else ""': ('found[0] if found else "x"', "the code of parse was"),
    "return len(value)": ("return 2 * len(value)", "the code of measure, which the end's add() uses"),
    "return total + measure(value)": ("return total - measure(value)", "the code of the end's add() was"),
}
NO_CHANGES = {"UNUSED = 1": "UNUSED = 2", "def other(value: str)": "def other(value: object)"}
RUN = ("run", "--pipeline", "p.py", "text.txt", "--checkpoint", "kept", "--format", "csv", "--resume")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A directory with the pipeline, a text, and the checkpoint of its run."""
    (tmp_path / "p.py").write_text(SOURCE)
    (tmp_path / "text.txt").write_text("some words\n here\n")
    assert anagram(*RUN, cwd=tmp_path).stdout == b"6\n"
    return tmp_path


def facts_of_pipeline(home: Path, source: str) -> dict[str, str]:
    home.mkdir()
    (home / "p.py").write_text(source)
    pipeline = vars(FileModule.of(home / "p.py").restore())["pipeline"]
    return dict(code_facts([("parse", pipeline.steps[0].plain), *functions_of(pipeline.end)]))


@pytest.mark.parametrize("old", CHANGES)
def test_what_changed_is_told_apart(tmp_path: Path, old: str) -> None:
    """A function, a helper that it uses, a constant of its file, also what the end uses: only the fact of that differs."""
    new, words = CHANGES[old]
    before = facts_of_pipeline(tmp_path / "before", SOURCE)
    after = facts_of_pipeline(tmp_path / "after", SOURCE.replace(old, new))
    assert before.keys() == after.keys()
    (differing,) = (name for name, digest in before.items() if after[name] != digest)
    assert differing.startswith(words.removesuffix(" was"))


@pytest.mark.parametrize("old", NO_CHANGES)
def test_what_is_not_used_may_change(tmp_path: Path, old: str) -> None:
    """What no function uses is none of the pipeline's, nor is what stands between statements."""
    changed = "\n# A comment.\n" + SOURCE.replace(old, NO_CHANGES[old])
    assert facts_of_pipeline(tmp_path / "a", SOURCE) == facts_of_pipeline(tmp_path / "b", changed)


def test_a_checkpoint_names_what_changed(home: Path) -> None:
    """With what to do; and the same code is the same in another process."""
    assert anagram(*RUN, cwd=home).stdout == b"6\n"
    (home / "p.py").write_text(SOURCE.replace("LIMIT = 3", "LIMIT = 4"))
    done = anagram(*RUN, cwd=home)
    assert done.returncode == 2
    assert b"the code of LIMIT, which parse uses" in done.stderr
    assert (
        b"If the results that it keeps are right with the new code, too, go on: add --accept-changed-code"
        in done.stderr
    )
    assert b"Traceback" not in done.stderr


def test_changed_code_is_accepted_once_and_for_all(home: Path) -> None:
    """The run goes on with what it has; from then on, the new code is that of the checkpoint."""
    (home / "p.py").write_text(SOURCE.replace("len(value)", "100 * len(value)"))
    assert anagram(*RUN, cwd=home).returncode == 2
    done = anagram(*RUN, "--accept-changed-code", cwd=home)
    assert (done.returncode, done.stdout) == (0, b"6\n")
    assert anagram(*RUN, cwd=home).stdout == b"6\n"
    (home / "p.py").write_text(SOURCE)
    assert b"the code of measure" in anagram(*RUN, cwd=home).stderr


def test_only_code_is_accepted(home: Path) -> None:
    """Another pipeline, other steps or another input are refused all the same."""
    (home / "p.py").write_text(SOURCE.replace('Pipeline("p").lines().map(parse)', 'Pipeline("p").lines()'))
    done = anagram(*RUN, "--accept-changed-code", cwd=home)
    assert done.returncode == 2
    assert b"the steps was" in done.stderr


def test_there_must_be_something_to_go_on_with(home: Path) -> None:
    """Without ``--resume`` the option makes no sense, and the message says so."""
    done = anagram("run", "--pipeline", "p.py", "text.txt", "--accept-changed-code", cwd=home)
    assert done.returncode == 2
    assert b"Add --resume" in done.stderr


def test_a_failed_element_is_retried_by_mended_code(home: Path) -> None:
    """``anagram retry --accept-changed-code`` is how one goes on after a mistake in a function."""
    broken = SOURCE.replace("return line.strip()", "return line.strip() if line[0] != ' ' else 1 / 0")
    (home / "p.py").write_text(broken)
    (home / "kept").unlink()
    failing = anagram(*RUN, "--retry", "none", cwd=home)
    assert (failing.returncode, failing.stdout) == (1, b"3\n")
    (home / "p.py").write_text(SOURCE)
    retry = ("retry", "kept", "--pipeline", "p.py", "--format", "csv")
    assert anagram(*retry, cwd=home).returncode == 2
    done = anagram(*retry, "--accept-changed-code", cwd=home)
    assert (done.returncode, done.stdout) == (0, b"6\n"), done.stderr.decode()


def facts_of(tmp_path: Path, source: str, name: str = "function") -> Any:
    path = tmp_path / f"m{abs(hash(source))}.py"
    path.write_text(dedent(source))
    return code_facts([("f", getattr(FileModule.of(path).restore(), name))])


def test_closures_and_given_arguments_count(tmp_path: Path) -> None:
    """What a function has from where it was made, as far as it is plain data; a lambda is the statement around it."""
    closure = "def make(n):\n    def scale(x):\n        return x * n\n    return scale\nfunction = make({})\n"
    assert facts_of(tmp_path, closure.format(2)) != facts_of(tmp_path, closure.format(3))
    given = "from functools import partial\ndef scale(x, n):\n    return x * n\nfunction = partial(scale, n={})\n"
    assert facts_of(tmp_path, given.format(2)) != facts_of(tmp_path, given.format(3))
    inline = "function = lambda x: x * {}\n"
    assert facts_of(tmp_path, inline.format(2)) != facts_of(tmp_path, inline.format(3))
    called = "class Scale:\n    def __call__(self, x):\n        return x * {}\nfunction = Scale()\n"
    assert facts_of(tmp_path, called.format(2)) != facts_of(tmp_path, called.format(3))
    assert list(code_facts([("len", len)])) == ["the code of len"]


def test_code_without_a_file_counts(tmp_path: Path) -> None:
    """What was typed in has no source; what it was compiled to is compared."""
    program = """
from pathlib import Path
from pipeline_optimization import Pipeline, run
def f(line):
    return len(line) + {}
print(run(Pipeline("p").lines().map(f).sum(), Path("text.txt"), checkpoint="kept", resume=True).result)
"""
    (tmp_path / "text.txt").write_text("some\n")
    for number, said in ((1, "5\n"), (1, "5\n"), (2, "")):
        done = subprocess.run(
            [sys.executable, "-c", program.format(number)], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert done.stdout == said, done.stderr
    assert "the code of f was" in done.stderr
