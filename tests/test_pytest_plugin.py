"""The fixtures for plugin authors, and what loading them costs."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from pipeline_optimization import Registry, count_anagrams
from pipeline_optimization.hookspecs import hookimpl
from pipeline_optimization.types import ItemFinished

TEST = """
from pipeline_optimization.hookspecs import hookimpl


class Observer:
    @hookimpl
    def anagram_run_finished(self): ...


kept = []


def test_registered(anagram_registry, register_plugin):
    register_plugin(Observer(), "mine")
    kept.append(anagram_registry)
    assert "mine" in {record.name for record in anagram_registry.records}


def test_undone():
    assert "mine" not in {record.name for record in kept[0].records}
"""


def test_registration_lasts_for_one_test(tmp_path: Path) -> None:
    """A plugin that a test registers is gone after it, also from the registry that it was in."""
    (tmp_path / "test_it.py").write_text(TEST)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", str(tmp_path)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout
    assert "2 passed" in done.stdout


def test_a_registered_plugin_is_called(
    anagram_registry: Registry, register_plugin: Callable[[object, str], None], anagram_cache: Path
) -> None:
    """What a test registers takes part in runs with that registry, and the cache is the test's own."""
    seen = []

    class Observer:
        @hookimpl
        def anagram_item_finished(self, event: ItemFinished) -> None:
            seen.append(event.item)

    register_plugin(Observer(), "mine")
    count_anagrams("cat", registry=anagram_registry)
    assert len(seen) == 1
    assert os.environ["ANAGRAM_CACHE_DIR"] == str(anagram_cache)


def test_loading_is_light() -> None:
    """Pytest loads the plugin in every run of every project: it brings nothing but itself."""
    code = (
        "import pytest, sys; before = set(sys.modules); import pipeline_optimization.pytest_plugin;"
        "print(sorted(set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['pipeline_optimization', 'pipeline_optimization.pytest_plugin']"
