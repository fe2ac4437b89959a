"""The tutorial does what it says, in an environment that has only the core's wheel. Run by: hatch run wheel-test."""

from __future__ import annotations

import os
import subprocess
import venv
from pathlib import Path

import pytest

from document_pages import run_page
from project_files import ROOT
from wheel_environment import WHEELS, clean_environment

pytestmark = pytest.mark.wheels

TUTORIAL = ROOT / "docs" / "tutorial.md"


@pytest.fixture(scope="module")
def bin_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("tutorial")
    venv.create(home, with_pip=True)
    pip = [str(home / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    core = map(str, WHEELS.glob("pipeline_optimization-*.whl"))
    subprocess.run([*pip, *core, "pytest"], check=True, env=clean_environment())
    return home / "bin"


def test_the_tutorial(bin_directory: Path, tmp_path: Path) -> None:
    """Every command prints what the page shows, and every file is written as it shows; ``...`` stands for anything."""
    environment = {**clean_environment(), "PATH": f"{bin_directory}{os.pathsep}{os.environ['PATH']}", "COLUMNS": "160"}
    assert len(list(run_page(TUTORIAL, tmp_path, environment, fails="1 failed"))) >= 5
