"""Environments with nothing in them but wheels."""

from __future__ import annotations

import os
import subprocess
import venv
from collections.abc import Collection
from pathlib import Path

__all__ = ["WHEELS", "clean_environment", "make_environment"]

WHEELS = Path(__file__).parents[2] / "dist" / "wheels"


def clean_environment() -> dict[str, str]:
    """Return the environment without what leads to another one's Python."""
    return {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "VIRTUAL_ENV", "HATCH"))}


def make_environment(home: Path, *wheels: Path, bare: Collection[Path] = ()) -> Path:
    """Install wheels, and what they need, into a new environment; return its directory.

    Of ``bare`` wheels nothing is installed that they need.
    """
    venv.create(home, with_pip=True)
    pip = [str(home / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    for options, chosen in (((), wheels), (("--no-deps",), bare)):
        if chosen:
            subprocess.run([*pip, *options, *map(str, chosen)], check=True, env=clean_environment())
    return home
