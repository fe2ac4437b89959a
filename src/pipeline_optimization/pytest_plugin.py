"""Fixtures for plugin authors. pytest loads this module in every run, so it imports the project only when a fixture is used."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pipeline_optimization.registry import Registry

__all__ = ["anagram_cache", "anagram_registry", "register_plugin"]


@pytest.fixture
def anagram_registry() -> Registry:
    """Return a registry of what is installed, for this test alone."""
    from pipeline_optimization.registry import Registry  # noqa: PLC0415 - see above

    return Registry.load()


@pytest.fixture
def register_plugin(anagram_registry: Registry) -> Iterator[Callable[[object, str], None]]:
    """Return a function that registers a plugin object under a name in ``anagram_registry``. The end of the test takes it back."""
    with ExitStack() as undoing:

        def register(plugin: object, name: str) -> None:
            undoing.callback(anagram_registry.register(plugin, name))

        yield register


@pytest.fixture
def anagram_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep the test out of the user's cache, and the processes that it starts too. Return the directory that is used instead."""
    path = tmp_path / "anagram-cache"
    monkeypatch.setenv("ANAGRAM_CACHE_DIR", str(path))
    return path
