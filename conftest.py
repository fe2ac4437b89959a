"""What the tests of the core and of all plugins share: one cache of their own, what is installed, and the handlers of signals."""

from __future__ import annotations

import gc
import os
import shutil
import signal
from collections.abc import Generator, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from pipeline_optimization.processors import processors
from pipeline_optimization.registry import Registry
from pipeline_optimization.signal_mask import STOP_SIGNALS

with suppress(ImportError):  # some environments have only what their own tests need
    from hypothesis import settings

    # No test depends on how fast the machine is. The long run has --hypothesis-profile long.
    settings.register_profile("some", deadline=None, max_examples=30)
    settings.register_profile("long", deadline=None, max_examples=100)
    settings.load_profile("some")

KEPT = Path(__file__).parent / ".pytest_cache" / "anagram"
"""Where compiled kernels stay between test runs. A kernel's name is a digest of its sources, so that it is never outdated."""


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Let the garbage collector pass over all that is there when the tests begin: hundreds of thousands of objects that stay."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.fixture(scope="session", autouse=True)
def cache_directory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Keep the user's cache out of the tests, in subprocesses too.

    Processes that share out the tests share the cache: an index takes seconds to make, and a kernel longer. Only kernels
    outlive a test run, because compiling one takes longer than most test files.
    """
    base = tmp_path_factory.getbasetemp()
    directory = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "cache"
    directory.mkdir(exist_ok=True)
    os.environ["ANAGRAM_CACHE_DIR"] = str(directory)
    for variable in ("ANAGRAM_FAULTS", "ANAGRAM_SEED", "ANAGRAM_CASE", "COLUMNS"):
        os.environ.pop(variable, None)
    copy_kernels(KEPT, directory)
    yield directory
    copy_kernels(directory, KEPT)


def copy_kernels(source: Path, target: Path) -> None:
    """Copy compiled kernels that the target does not have. Each appears only when it is whole."""
    target.mkdir(parents=True, exist_ok=True)
    for kernel in source.glob("numba-*.code"):
        if not (target / kernel.name).exists():
            part = target / f"{kernel.name}.{os.getpid()}"
            shutil.copyfile(kernel, part)
            part.replace(target / kernel.name)


@pytest.fixture(autouse=True)
def _signal_handlers() -> Iterator[None]:
    """Put back the handlers that the command line leaves to the system when it ends, since the tests go on."""
    before = {number: signal.getsignal(number) for number in STOP_SIGNALS}
    yield
    for number, handler in before.items():
        if signal.getsignal(number) is not handler:
            signal.signal(number, handler)


@pytest.fixture(scope="session")
def registry() -> Registry:
    """Return the installed plugins."""
    return Registry.load()


@pytest.hookimpl(optionalhook=True)  # of an extra that some environments do not have
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """Take one worker more than there are processors for the default run, which waits for other processes half of the time."""
    return processors() + 1 if config.getoption("dist") == "worksteal" else None
