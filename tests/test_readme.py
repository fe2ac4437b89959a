"""What the documents say is so: their commands run, their links lead somewhere."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from command import anagram
from example_results import results
from pipeline_optimization.benchmarks.documents import results_to_json

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
BLOCKS = re.findall(r"```console\n\$ (.+?)\n(.*?)```", README, re.DOTALL)
TABLE = re.findall(r"^\| `(anagram [^`]+)` \|", README, re.MULTILINE)
DOCUMENTS = [
    "README.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    *(str(path.relative_to(ROOT)) for path in sorted((ROOT / "docs").rglob("*.md"))),
]


def test_the_readme_has_commands() -> None:
    """The test finds what it is to run."""
    assert len(BLOCKS) == 2
    assert len(TABLE) >= 9


@pytest.mark.parametrize(("command", "output"), BLOCKS)
def test_examples(command: str, output: str) -> None:
    """Each example prints what the README shows, run times aside."""
    done = anagram(*shlex.split(command)[1:], cwd=ROOT)
    assert done.returncode == 0, done.stderr.decode()
    assert without_times(done.stdout.decode()).startswith(without_times(output))


def without_times(text: str) -> str:
    return re.sub(r"[\d.,]+ ms", "# ms", text)


@pytest.mark.parametrize("command", TABLE)
def test_commands(command: str, tmp_path: Path) -> None:
    """Each command of the table succeeds, from a directory that holds what it names."""
    for name in ("README.md", "CONTRIBUTING.md"):
        (tmp_path / name).write_text((ROOT / name).read_text("utf-8"), "utf-8")
    (tmp_path / "results.json").write_text(results_to_json(results({"sequential": 2.0, "threaded": 1.0})), "utf-8")
    shutil.copytree(ROOT / "tests" / "local_plugins", tmp_path / "mine")
    if command.startswith("anagram retry "):
        anagram("run", "README.md", "--checkpoint", "run.checkpoint", cwd=tmp_path)
    done = anagram(*shlex.split(command)[1:], cwd=tmp_path)
    assert done.returncode == 0, done.stderr.decode()


def test_python_example(tmp_path: Path) -> None:
    """The Python example prints what a report holds."""
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    assert re.fullmatch(r"\d+ \d+ True\n", done.stdout)


def test_main_py() -> None:
    """``python main.py`` does what ``anagram run`` does."""
    done = subprocess.run(
        [sys.executable, "main.py", "--text", "cat", "--format", "csv"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout == "word,count\nact,1\ncat,1\ntac,1\n"


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links(document: str) -> None:
    """Every link within the project leads to a file, and to a heading where it names one."""
    path = ROOT / document
    for target in re.findall(r"\]\(([^)]+)\)", path.read_text("utf-8")):
        if "://" in target:
            continue
        name, _, heading = target.partition("#")
        found = path.parent / name if name else path
        if found.parent.name == "reference":
            continue  # made of docstrings, and checked when the site is built
        assert found.exists(), target
        if heading:
            assert heading in headings(found), target


def headings(path: Path) -> set[str]:
    lines = re.findall(r"^#+ (.+)$", path.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", line.lower()).replace(" ", "-") for line in lines}
