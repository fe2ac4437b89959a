"""Closing the orchestrator ``dask`` while parts of the cluster go away."""

from __future__ import annotations

import importlib
from typing import Never

import pytest

from pipeline_optimization import count_anagrams


@pytest.mark.cluster
def test_a_host_may_be_lost_just_as_the_run_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    """Dask does not know yet that a worker's host is gone when it is told to forget the run; the counts are there all the same."""
    distributed = importlib.import_module("distributed")
    comm = importlib.import_module("distributed.comm")

    def unreachable(self: object, name: str) -> Never:
        raise comm.CommClosedError(f"Address removed: {name}")

    monkeypatch.setattr(distributed.Client, "unregister_worker_plugin", unreachable)
    report = count_anagrams("cat", orchestrator="dask", orchestrator_options={"workers": 1})
    assert report.anagram_counts == {"act": 1, "cat": 1, "tac": 1}
