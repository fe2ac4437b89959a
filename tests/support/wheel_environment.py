"""Environments with nothing in them but wheels."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Collection
from pathlib import Path

from uv import find_uv_bin

from project_files import ROOT

__all__ = ["WHEELS", "clean_environment", "install", "make_environment"]

WHEELS = ROOT / "dist" / "wheels"


def clean_environment() -> dict[str, str]:
    """Return the environment without what leads to another one's Python."""
    return {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "VIRTUAL_ENV", "HATCH"))}


def make_environment(home: Path, *wheels: Path, bare: Collection[Path] = ()) -> Path:
    """Install wheels, and what they need, into a new environment; return its directory.

    Of ``bare`` wheels nothing is installed that they need. The test of the tutorial installs with pip, as its readers do; here
    it is uv, which takes a fraction of the time for the same files.
    """
    uv("venv", "--seed", str(home))
    for options, chosen in (((), wheels), (("--no-deps",), bare)):
        if chosen:
            install(home, *options, *map(str, chosen))
    return home


def install(home: Path, *arguments: str) -> None:
    """Install into an environment."""
    uv("pip", "install", "--python", str(home / "bin" / "python"), *arguments)


def uv(*arguments: str) -> None:
    subprocess.run([find_uv_bin(), "--quiet", *arguments], check=True, env=clean_environment())
