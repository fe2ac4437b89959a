"""The tutorial does what it says, in an environment that has only the core's wheel. Run by: hatch run wheel-test."""

from __future__ import annotations

import os
import re
import subprocess
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from wheels.environment import WHEELS, clean_environment, make_environment

pytestmark = pytest.mark.wheels

TUTORIAL = Path(__file__).parents[2] / "docs" / "tutorial.md"
BLOCK = re.compile(
    r"(?:<!-- in place of: (.+?) -->\n)?```(console|python)(?: title=\"([^\"]+)\")?\n(.*?)```", re.DOTALL
)


@pytest.fixture(scope="module")
def bin_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = make_environment(tmp_path_factory.mktemp("tutorial"), *WHEELS.glob("pipeline_optimization-*.whl"))
    pip = [str(home / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "pytest"], check=True, env=clean_environment())
    return home / "bin"


def sessions(console: str) -> list[tuple[str, list[str]]]:
    """Return the commands of a console block, each with the lines that it prints."""
    found: list[tuple[str, list[str]]] = []
    for line in console.splitlines():
        if line.startswith("$ "):
            found.append((line[2:], []))
        else:
            found[-1][1].append(line)
    return found


def test_the_tutorial(bin_directory: Path, tmp_path: Path) -> None:
    """Every command prints what the page shows, and every file is written as it shows; ``...`` stands for anything."""
    blocks = BLOCK.findall(TUTORIAL.read_text("utf-8"))
    assert len(blocks) >= 5
    environment = {**clean_environment(), "PATH": f"{bin_directory}{os.pathsep}{os.environ['PATH']}", "COLUMNS": "160"}
    for replaced, language, title, text in blocks:
        if language == "python":
            path = tmp_path / title
            old = path.read_text("utf-8")
            assert replaced in old
            path.write_text(old.replace(replaced, text.strip()) if replaced else text, "utf-8")
            continue
        for command, expected in sessions(text):
            done = subprocess.run(
                ["/bin/sh", "-c", command],
                cwd=tmp_path,
                env=environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                check=False,
            )
            pattern = "\n".join(expected).replace("[", "[[]").replace("...", "*").strip()
            assert fnmatchcase(done.stdout.strip(), pattern or done.stdout.strip()), f"{command}\n{done.stdout}"
            assert done.returncode == (1 if "1 failed" in text else 0), f"{command}\n{done.stdout}"
