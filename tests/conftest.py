"""What all tests share: one index cache of their own, and the registry of what is installed."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline_optimization.registry import Registry
from pipeline_optimization.signal_mask import STOP_SIGNALS


@pytest.fixture(scope="session", autouse=True)
def cache_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keep the user's cache out of the tests, in subprocesses too.

    Processes that share out the tests share the cache: an index takes seconds to make, and a kernel longer.
    """
    base = tmp_path_factory.getbasetemp()
    directory = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "cache"
    directory.mkdir(exist_ok=True)
    os.environ["ANAGRAM_CACHE_DIR"] = str(directory)
    for variable in ("ANAGRAM_FAULTS", "ANAGRAM_SEED", "ANAGRAM_CASE", "COLUMNS"):
        os.environ.pop(variable, None)
    return directory


@pytest.fixture(scope="session")
def registry() -> Registry:
    """Return the installed plugins."""
    return Registry.load()


@pytest.fixture(autouse=True)
def _signal_handlers() -> Iterator[None]:
    """Put back the handlers that the command line leaves to the system when it ends, since the tests go on."""
    before = {number: signal.getsignal(number) for number in STOP_SIGNALS}
    yield
    for number, handler in before.items():
        if signal.getsignal(number) is not handler:
            signal.signal(number, handler)
