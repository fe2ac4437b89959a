"""What the README says is so: its commands run, its picture is today's, and links of all documents lead somewhere."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from command import anagram
from document_pages import is_printed, sessions
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
    command = json.loads((pictures / "comparison.json").read_text("utf-8"))["run"]["command"]
    assert command == f"{sentence('anagram compare sequential')} --export comparison.json"
    assert "http" not in done.stdout.decode().replace("http://www.w3.org/2000/svg", "")


def test_the_run_prints_what_the_readme_shows() -> None:
    """The first example is the output, run times, explanations and what is left out aside."""
    ((command, shown),) = sessions(BLOCKS[0])
    assert command.startswith("hatch run pipeline ")
    done = anagram("run", *shlex.split(command)[3:], cwd=ROOT)
    assert done.returncode == 0, done.stderr.decode()
    assert_shown(shown, done.stdout.decode())


def assert_shown(shown: Sequence[str], printed: str) -> None:
    """Compare what is printed with lines of the README, times and explanations aside."""
    expected = re.sub(r" +# .*$", "", "\n".join(shown), flags=re.MULTILINE)
    assert is_printed(without_times(expected), without_times(printed)), printed


def without_times(text: str) -> str:
    """Return the text without what differs from run to run; a slow machine also tells how long the start took."""
    text = re.sub(r"^start-up .*\n", "", text, flags=re.MULTILINE)
    return re.sub(r"^(\w+: \w+), [\d.,]+ m?s", r"\1, # ms", text, flags=re.MULTILINE)


def test_a_pipeline_of_ones_own(tmp_path: Path) -> None:
    """The file can be written as it stands, and its run prints what is shown, with the exit code that the text names."""
    ((name, text),) = FILES
    (tmp_path / name).write_text(text)
    (install, _), (write, _), (run, shown) = sessions(BLOCKS[1])
    for directory in re.findall(r"\./(\S+)", install):
        assert (ROOT / directory / "pyproject.toml").is_file()
    subprocess.run(["/bin/sh", "-c", write], cwd=tmp_path, check=True)
    done = anagram(*shlex.split(run)[1:], cwd=tmp_path, env={"COLUMNS": "250"})
    assert done.returncode == 1, done.stderr.decode()
    assert_shown(shown, done.stdout.decode() + done.stderr.decode())


def test_what_sentences_say_of_the_pipeline(tmp_path: Path) -> None:
    """Below the example are the default retries, another policy, errors that no retry mends, the report's file, and the function."""
    ((name, text),) = FILES
    pipeline = tmp_path / name
    pipeline.write_text(re.sub(r"@task.*\n", "", text))
    subprocess.run(["/bin/sh", "-c", sessions(BLOCKS[1])[1][0]], cwd=tmp_path, check=True)
    run = ["run", "--pipeline", name, "orders.csv", *shlex.split(sentence("--output"))]
    for options, attempts in (("-o retry.base=0", 12), (f"{sentence('--retry fixed')} -o retry.delay=0", 5)):
        done = anagram(*run, *shlex.split(options), cwd=tmp_path)
        assert done.returncode == 1, done.stderr.decode()
        report = json.loads((tmp_path / "report.json").read_text("utf-8"))
        assert report["attempts"] == attempts
        assert [failed["error"] for failed in report["failed_items"]] == ["ValueError"]
    pipeline.write_text(re.sub(r"@task.*", sentence("@task(permanent"), text))
    program = (
        "from pathlib import Path\nfrom orders import pipeline\nfrom pipeline_optimization import run\n"
        f"report = {sentence('run(pipeline')}\nprint(report.result, len(report.failed_items), report.attempts)"
    )
    done_here = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done_here.stdout == "7 1 3\n"


def test_a_comparison_of_ones_own_pipeline(tmp_path: Path) -> None:
    """The command compares the pipeline of the example; here it is cut to one round of two orchestrators."""
    ((name, text),) = FILES
    (tmp_path / name).write_text(re.sub(r"@task.*", "@task(permanent=(ValueError,))", text))
    subprocess.run(["/bin/sh", "-c", sessions(BLOCKS[1])[1][0]], cwd=tmp_path, check=True)
    few = ["--iterations", "1", "--orchestrator", "sequential", "--orchestrator", "threaded"]
    done = anagram(*shlex.split(sentence("anagram compare --pipeline"))[1:], *few, cwd=tmp_path)
    assert done.returncode == 0, done.stderr.decode()


def test_a_plugin(tmp_path: Path) -> None:
    """The command makes a distribution (``test_templates`` installs and checks such ones)."""
    done = anagram(*shlex.split(sentence("anagram plugins new"))[1:], cwd=tmp_path)
    assert done.returncode == 0, done.stderr.decode()
    assert (tmp_path / "anagram-plugin-mine" / "pyproject.toml").is_file()


def sentence(start: str) -> str:
    """Return the code in the README's sentences that begins like this."""
    (code,) = re.findall(rf"`({re.escape(start)}[^`]*)`", README)
    return str(code)


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
    text = path.read_text("utf-8")
    named = set(re.findall(r'<a id="([^"]+)">', text))
    lines = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return named | {re.sub(r"[^\w\- ]", "", line.lower()).replace(" ", "-") for line in lines}
