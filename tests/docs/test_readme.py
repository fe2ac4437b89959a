"""What the README says is so: its commands run, its picture is today's, and links of all documents lead somewhere."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from command import anagram
from project_files import ROOT

README = (ROOT / "README.md").read_text("utf-8")
BLOCKS = re.findall(r"```console\n(.*?)```", README, re.DOTALL)
FILES = re.findall(r"```python title=\"([^\"]+)\"\n(.*?)```", README, re.DOTALL)
DOCUMENTS = [
    "README.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    *(str(path.relative_to(ROOT)) for path in sorted((ROOT / "docs").rglob("*.md"))),
]


def test_the_picture_is_todays_output() -> None:
    """The picture is what ``report --format svg`` makes of the comparison beside it, and it begins with the answer that the README describes."""
    pictures = ROOT / "docs" / "pictures"
    done = anagram("report", str(pictures / "comparison.json"), "--format", "svg")
    assert done.returncode == 0, done.stderr.decode()
    assert done.stdout.decode() == (pictures / "comparison.svg").read_text("utf-8")
    assert "Use&#160;--orchestrator&#160;asyncio" in done.stdout.decode()
    assert "http" not in done.stdout.decode().replace("http://www.w3.org/2000/svg", "")


def test_the_run_prints_what_the_readme_shows() -> None:
    """The first example is the whole output, run times and explanations aside."""
    command, _, output = BLOCKS[0].partition("\n")
    assert command.startswith("$ hatch run pipeline ")
    done = anagram("run", *shlex.split(command)[4:], cwd=ROOT)
    assert done.returncode == 0, done.stderr.decode()
    shown = re.sub(r" +$", "", done.stdout.decode(), flags=re.MULTILINE)
    assert without_times(shown) == without_times(re.sub(r" +# .*$", "", output, flags=re.MULTILINE))


def without_times(text: str) -> str:
    return re.sub(r"[\d.,]+ ms", "# ms", text)


def test_a_pipeline_of_ones_own(tmp_path: Path) -> None:
    """The file can be written as it stands, and both commands succeed with it; the comparison is cut to one round here."""
    ((name, text),) = FILES
    (tmp_path / name).write_text(text)
    (tmp_path / "README.md").write_text(README, "utf-8")
    install, run, compare = BLOCKS[1].splitlines()[:3]
    for directory in re.findall(r"\./(\S+)", install):
        assert (ROOT / directory / "pyproject.toml").is_file()
    done = anagram(*shlex.split(run)[2:], cwd=tmp_path)
    assert done.returncode == 0, done.stderr.decode()
    assert '"result"' in (tmp_path / "counts.json").read_text()
    few = ["--iterations", "1", "--orchestrator", "sequential", "--orchestrator", "threaded"]
    done = anagram(*shlex.split(compare)[2:], *few, cwd=tmp_path)
    assert done.returncode == 0, done.stderr.decode()


def test_a_plugin_in_three_commands(tmp_path: Path) -> None:
    """The first makes a distribution with the directory that the second installs (``test_wheels`` installs such ones)."""
    new, install, check = (line.removeprefix("$ ") for line in BLOCKS[1].splitlines()[3:])
    done = anagram(*shlex.split(new)[1:], cwd=tmp_path)
    assert done.returncode == 0, done.stderr.decode()
    (directory,) = re.findall(r"\./([\w-]+)", install)
    assert (tmp_path / directory / "pyproject.toml").is_file()
    assert check.split()[-1] == directory.rpartition("-")[2]


def test_the_python_example(tmp_path: Path) -> None:
    """The file of the pipeline runs as a program, too, and prints numbers."""
    ((name, code),) = FILES
    (tmp_path / name).write_text(code)
    (tmp_path / "README.md").write_text(README, "utf-8")
    done = subprocess.run([sys.executable, name], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=True)
    assert re.fullmatch(r"2\n\d+\n", done.stdout)


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
        assert found.exists(), target
        if heading:
            assert heading in headings(found), target


def headings(path: Path) -> set[str]:
    lines = re.findall(r"^#+ (.+)$", path.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", line.lower()).replace(" ", "-") for line in lines}
