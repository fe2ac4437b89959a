"""What the documents say is so: their commands run, their links lead somewhere."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest

from command import anagram
from example_results import results
from pipeline_optimization.benchmarks.documents import results_to_json
from pipeline_optimization.benchmarks.reports.columns import VERDICTS
from pipeline_optimization.benchmarks.statistics.summary import summarise
from pipeline_optimization.cli.comparison_table import print_comparison

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


def test_the_sample_of_a_comparison_is_todays_output(monkeypatch: pytest.MonkeyPatch) -> None:
    """It begins with the sentence to act on, and its table has the columns and verdicts that 80 columns show."""
    (sample,) = re.findall(r"```text\n(Use --orchestrator .*?)\n```", README, re.DOTALL)
    assert re.match(r"Use --orchestrator \w+: \d+\.\d times as fast as sequential over the \d cases\s+below \(", sample)
    monkeypatch.setenv("COLUMNS", "80")
    stream = StringIO()
    print_comparison(summarise(results({"sequential": 200.0, "asyncio": 50.0}, rounds=12)), stream, detailed=False)
    (header,) = [line for line in stream.getvalue().splitlines() if line.startswith("contender")]
    (shown,) = [line for line in sample.splitlines() if line.startswith("contender")]
    assert shown.split() == re.sub(r" \[.*?\]", "", header).split()
    assert max(map(len, sample.splitlines())) <= 80
    rows = sample.partition(shown)[2].splitlines()[1:]
    assert {row[14:24].strip() for row in rows if row[:1].isalpha()} <= set(VERDICTS.values())


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
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    if command.startswith("anagram retry "):
        anagram("run", "README.md", "--checkpoint", "run.checkpoint", cwd=tmp_path)
    done = anagram(*shlex.split(command)[1:], cwd=tmp_path)
    assert done.returncode == 0, done.stderr.decode()


@pytest.mark.parametrize("code", re.findall(r"```python\n(.*?)```", README, re.DOTALL))
def test_python_examples(code: str) -> None:
    """Each Python example prints numbers of its report."""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    assert re.fullmatch(r"\d+( \d+ True)?\n", done.stdout)


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
