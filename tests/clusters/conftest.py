"""The clusters that are installed: each has an environment of its own, in which these tests run."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from clusters.kept import kept_cluster, own_cluster

TESTS = Path(__file__).parents[1]
SHARED = {"ray"}
"""A start takes longest there."""

INSTALLED = [name for name in ("dask", "ray", "spark") if find_spec(f"anagram_plugin_{name}")]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the soak test be short."""
    parser.addoption("--kills", type=int, default=50, help="how many workers the soak test kills")


@pytest.fixture(params=INSTALLED)
def cluster(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the name of an orchestrator that starts a cluster for each run; its workers can import what tests register."""
    paths = filter(None, (str(TESTS), os.environ.get("PYTHONPATH")))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(paths))
    name = request.param
    assert isinstance(name, str)
    return name


@pytest.fixture(params=INSTALLED, scope="module")
def on_cluster(request: pytest.FixtureRequest) -> Iterator[Mapping[str, Any]]:
    """Return what makes a run of this process use a cluster with two workers: one that all tests of a module share, or its own."""
    with kept_cluster(request.param) if request.param in SHARED else own_cluster() as options:
        yield {"orchestrator": request.param, "orchestrator_options": options}
