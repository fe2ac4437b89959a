"""The tutorial of pipelines does what it says."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from command import environment
from document_pages import run_page
from project_files import ROOT

TUTORIAL = ROOT / "docs" / "pipeline-tutorial.md"


def test_the_tutorial(tmp_path: Path) -> None:
    """Every file is written as the page shows it, and every command prints what it shows, with the exit code that it tells."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    width = {"COLUMNS": "200", "PATH": path, "PYTHONWARNINGS": "error"}
    done = list(run_page(TUTORIAL, tmp_path, environment(width), fails="Incomplete: "))
    assert len(done) == 13
