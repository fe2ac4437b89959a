"""The clusters that are installed: each has an environment of its own, in which these tests run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from kept_clusters import importable_tests, kept_cluster, own_cluster

SHARED = {"ray"}
"""A start takes longest there."""

INSTALLED = [name for name in ("dask", "ray", "spark") if find_spec(f"anagram_plugin_{name}")]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the soak test be short."""
    parser.addoption("--kills", type=int, default=50, help="how many workers the soak test kills")


@pytest.fixture(params=INSTALLED)
def cluster(request: pytest.FixtureRequest) -> Iterator[str]:
    """Yield the name of an orchestrator that starts a cluster for each run; its workers can import what tests register."""
    name = request.param
    assert isinstance(name, str)
    with importable_tests():
        yield name


TEXT = "Stop! The silent cat's tea-pot, the post, the spot; 3 cats act, listen: stop.\n"


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """Return a file to count."""
    path = tmp_path / "book.txt"
    path.write_text(TEXT * 4000, "utf-8")
    return path


@pytest.fixture(params=INSTALLED, scope="module")
def on_cluster(request: pytest.FixtureRequest) -> Iterator[Mapping[str, Any]]:
    """Return what makes a run of this process use a cluster with two workers: one that all tests of a module share, or its own."""
    with kept_cluster(request.param) if request.param in SHARED else own_cluster() as options:
        yield {"orchestrator": request.param, "orchestrator_options": options}
