"""What every cluster must survive, on one machine. The runs share it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from cluster_drivers import be_newer
from deadly_tokenizer import DeadlyPlugin
from event_stories import story_of_counting
from pipeline_optimization import Registry, count_anagrams
from pipeline_optimization.errors import ClusterError
from worker_killer import Killer

pytestmark = pytest.mark.cluster


def test_workers_read_files(on_cluster: Mapping[str, Any], book: Path) -> None:
    """Workers read a plain file themselves, and counts and ledger are those of the reference."""
    reference = count_anagrams(book, chunk_size=20_000)
    report = count_anagrams(book, **on_cluster, chunk_size=20_000)
    assert set(report.tasks) == {"count_ranges"}
    assert report.anagram_counts == reference.anagram_counts
    assert report.ledger_digest == reference.ledger_digest


def test_the_compiled_kernel_counts_there(on_cluster: Mapping[str, Any], book: Path) -> None:
    """Workers take it from the cache of their machine, where the driver had it compiled."""
    reference = count_anagrams(book, kernel="python")
    report = count_anagrams(book, **on_cluster, kernel="numba")
    assert report.kernel == "numba"
    assert (report.anagram_counts, report.words) == (reference.anagram_counts, reference.words)


def test_events_of_attempts_are_the_same(on_cluster: Mapping[str, Any]) -> None:
    """The stages of counting anagrams, under faults: each attempt is told once, with the facts of the reference."""
    assert story_of_counting(**on_cluster) == story_of_counting()


def test_killed_workers_lose_and_double_nothing(on_cluster: Mapping[str, Any], book: Path) -> None:
    """Workers killed with SIGKILL in the middle of a run change neither counts nor ledger."""
    registry = Registry.load()
    killer = Killer(kills=3, every=8)
    registry.register(killer, "killer")
    reference = count_anagrams(book, chunk_size=5_000)
    report = count_anagrams(book, **on_cluster, chunk_size=5_000, registry=registry)
    assert len(killer.killed) == 3
    assert report.is_complete
    assert report.anagram_counts == reference.anagram_counts
    assert report.ledger_digest == reference.ledger_digest


def test_poison_is_quarantined(on_cluster: Mapping[str, Any]) -> None:
    """An item that kills every worker is reported after three deaths, and the others are counted."""
    registry = Registry.load()
    registry.register(DeadlyPlugin(), "deadly-plugin")
    report = count_anagrams(
        "cat dog deadly! cat dog",
        **on_cluster,
        tokenizer="deadly",
        chunk_size=4,
        registry=registry,
    )
    assert dict(report.failures) == {("count_chunk", "WorkerLost"): 1}
    assert (report.anagram_counts["cat"], report.anagram_counts["dog"]) == (2, 2)


def test_workers_that_do_not_fit_are_refused(on_cluster: Mapping[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker with another version ends the run at its start, with the versions of both sides."""
    be_newer(monkeypatch)
    with pytest.raises(ClusterError, match=r"pipeline-optimization is .* there and 99\.0 here"):
        count_anagrams("cat", **on_cluster)
