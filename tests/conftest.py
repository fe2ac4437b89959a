"""What all tests share: one index cache of their own, and the registry of what is installed."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline_optimization.registry import Registry


@pytest.fixture(scope="session", autouse=True)
def cache_directory() -> Iterator[Path]:
    """Keep the user's cache out of the tests, in subprocesses too."""
    with tempfile.TemporaryDirectory() as directory:
        os.environ["ANAGRAM_CACHE_DIR"] = directory
        for variable in ("ANAGRAM_FAULTS", "ANAGRAM_SEED", "ANAGRAM_CASE"):
            os.environ.pop(variable, None)
        yield Path(directory)


@pytest.fixture(scope="session")
def registry() -> Registry:
    """Return the installed plugins."""
    return Registry.load()
