"""The tests' own cache: kept between test runs, since compiling takes longer than all of the tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipeline_optimization.registry import Registry

CACHE = Path(__file__).parents[3] / ".pytest_cache" / "anagram"

# Fixtures of a module's scope come before the one below.
os.environ.setdefault("ANAGRAM_CACHE_DIR", str(CACHE))


@pytest.fixture(autouse=True)
def cache_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let subprocesses find what is compiled, whatever other tests have set."""
    monkeypatch.setenv("ANAGRAM_CACHE_DIR", str(CACHE))


@pytest.fixture(scope="session")
def registry() -> Registry:
    """Return the installed plugins."""
    return Registry.load()
