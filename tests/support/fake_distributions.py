"""Pretends to install distributions: a directory with their modules and metadata."""

from __future__ import annotations

from pathlib import Path

__all__ = ["install", "module_of"]


def module_of(distribution: str) -> str:
    """Return the module of a distribution that ``install`` made."""
    return f"fake_{distribution.replace('-', '_')}"


def install(
    site: Path, distribution: str, name: str, code: str, version: str = "1.0", *, group: str = "anagram"
) -> None:
    """Make a distribution with one module and one entry point; ``site`` must be on ``sys.path``."""
    module = module_of(distribution)
    (site / f"{module}.py").write_text(code)
    info = site / f"{module}-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n")
    (info / "entry_points.txt").write_text(f"[{group}]\n{name} = {module}\n")
