"""Environments with nothing in them but wheels."""

from __future__ import annotations

import os
import subprocess
import venv
from pathlib import Path

__all__ = ["WHEELS", "clean_environment", "make_environment"]

WHEELS = Path(__file__).parents[2] / "dist" / "wheels"


def clean_environment() -> dict[str, str]:
    """Return the environment without what leads to another one's Python."""
    return {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "VIRTUAL_ENV", "HATCH"))}


def make_environment(home: Path, *wheels: Path) -> Path:
    """Install wheels, and what they need, into a new environment; return its directory."""
    venv.create(home, with_pip=True)
    pip = [str(home / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, *map(str, wheels)], check=True, env=clean_environment())
    return home
