"""The tests' own cache: kept between test runs, since compiling takes longer than all of the tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline_optimization.registry import Registry

CACHE = Path(__file__).parents[3] / ".pytest_cache" / "anagram"


@pytest.fixture(scope="module", autouse=True)
def cache_directory() -> Iterator[None]:
    """Find what is compiled, in subprocesses too, whatever other tests have set."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ANAGRAM_CACHE_DIR", str(CACHE))
        yield


@pytest.fixture(scope="session")
def registry() -> Registry:
    """Return the installed plugins."""
    return Registry.load()
