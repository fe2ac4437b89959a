"""How functions are compiled: without the interpreter's lock, and once for all processes of a user."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TypeVar, cast

from numba import config, njit
from numba.core.event import Event, Listener, install_listener

from pipeline_optimization.counting.index_cache import cache_directory

__all__ = ["compile_once", "compiled", "compiled_and_cached"]

FunctionT = TypeVar("FunctionT", bound=Callable[..., object])


def compiled(function: FunctionT) -> FunctionT:
    """Compile a function that only compiled functions of its own module call."""
    return cast("FunctionT", njit(nogil=True)(function))


def compiled_and_cached(function: FunctionT) -> FunctionT:
    """Compile a function that Python calls, and keep the result on disk.

    The cache is in our own cache directory, because site-packages may be read-only; ``NUMBA_CACHE_DIR`` has
    precedence. Where no place can be written, the function is compiled in each process.
    """
    with _cache_in(os.path.join(os.environ.get("NUMBA_CACHE_DIR") or cache_directory(), f"numba-{_sources_digest()}")):
        try:
            return cast("FunctionT", njit(nogil=True, cache=True)(function))
        except RuntimeError:  # numba found no writable place
            return compiled(function)


@cache
def _sources_digest() -> str:
    """Return a digest of this package: numba compiles anew only when the file of the function itself has changed."""
    sources = sorted(Path(__file__).parent.rglob("*.py"))
    return sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()[:16]


@contextmanager
def _cache_in(directory: str) -> Iterator[None]:
    """Let numba choose ``directory`` first; other users of numba in this process keep theirs."""
    settings = vars(config)
    before = settings["CACHE_DIR"]
    settings["CACHE_DIR"] = directory
    try:
        yield
    finally:
        settings["CACHE_DIR"] = before


class _Announcer(Listener):
    """Announces the first compilation, and nothing where all is in the cache."""

    def __init__(self, announce: Callable[[str], None]) -> None:
        self._announce = announce
        self._has_announced = False

    def on_start(self, event: Event) -> None:
        if not self._has_announced:
            self._has_announced = True
            self._announce("compiling the counting kernel, once")

    def on_end(self, event: Event) -> None:
        pass


def compile_once(announce: Callable[[str], None]) -> None:
    """Load all compiled functions, compiling those that are not cached. Raises what numba raises."""
    with install_listener("numba:compile", _Announcer(announce)):
        from anagram_plugin_numba.kernel import NumbaKernel  # noqa: PLC0415 - the listener must come first

        # So many different words that the memory must grow, which takes a function of its own.
        NumbaKernel(_TwoGroups()).count(b" ".join(b"%d" % number for number in range(40_000)))


class _TwoGroups:
    """The smallest index that makes the kernel call each of its functions."""

    def __len__(self) -> int:
        return 2

    def groups_of(self, words: object) -> list[int | None]:
        return []

    def words_of(self, group: int) -> list[str]:
        return [("act", "dog")[group]]
