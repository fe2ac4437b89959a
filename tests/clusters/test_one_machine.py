"""What every cluster must survive, on one machine."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from clusters.drivers import be_newer, kill_in_mid_run
from command import ANAGRAM, run_json
from deadly import DeadlyPlugin
from killing import Killer
from pipeline_optimization import Registry, count_anagrams
from pipeline_optimization.errors import ClusterError

pytestmark = pytest.mark.cluster

TEXT = "Stop! The silent cat's tea-pot, the post, the spot; 3 cats act, listen: stop.\n"


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """Return a file to count."""
    path = tmp_path / "book.txt"
    path.write_text(TEXT * 4000, "utf-8")
    return path


def test_workers_read_files(cluster: str, book: Path) -> None:
    """Workers read a plain file themselves, and counts and ledger are those of the reference."""
    reference = count_anagrams(book, chunk_size=20_000)
    report = count_anagrams(book, orchestrator=cluster, orchestrator_options={"workers": 2}, chunk_size=20_000)
    assert set(report.tasks) == {"count_ranges"}
    assert report.anagram_counts == reference.anagram_counts
    assert report.ledger_digest == reference.ledger_digest


def test_the_compiled_kernel_counts_there(cluster: str, book: Path) -> None:
    """Workers take it from the cache of their machine, where the driver had it compiled."""
    reference = count_anagrams(book, kernel="python")
    report = count_anagrams(book, orchestrator=cluster, orchestrator_options={"workers": 2}, kernel="numba")
    assert report.kernel == "numba"
    assert (report.anagram_counts, report.words) == (reference.anagram_counts, reference.words)


def test_killed_workers_lose_and_double_nothing(cluster: str, book: Path) -> None:
    """Workers killed with SIGKILL in the middle of a run change neither counts nor ledger."""
    registry = Registry.load()
    killer = Killer(kills=3, every=8)
    registry.register(killer, "killer")
    reference = count_anagrams(book, chunk_size=5_000)
    report = count_anagrams(
        book, orchestrator=cluster, orchestrator_options={"workers": 2}, chunk_size=5_000, registry=registry
    )
    assert len(killer.killed) == 3
    assert report.is_complete
    assert report.anagram_counts == reference.anagram_counts
    assert report.ledger_digest == reference.ledger_digest


def test_poison_is_quarantined(cluster: str) -> None:
    """An item that kills every worker is reported after three deaths, and the others are counted."""
    registry = Registry.load()
    registry.register(DeadlyPlugin(), "deadly-plugin")
    report = count_anagrams(
        "cat dog deadly! cat dog",
        orchestrator=cluster,
        orchestrator_options={"workers": 2},
        tokenizer="deadly",
        chunk_size=4,
        registry=registry,
    )
    assert dict(report.failures) == {("count_chunk", "WorkerLost"): 1}
    assert (report.anagram_counts["cat"], report.anagram_counts["dog"]) == (2, 2)


def test_no_process_is_left_behind(cluster: str, book: Path) -> None:
    """After a run all processes that it started are gone."""
    count_anagrams("cat", orchestrator=cluster, orchestrator_options={"workers": 1})
    before = set(psutil.Process().children(recursive=True))
    count_anagrams(book, orchestrator=cluster, orchestrator_options={"workers": 2}, chunk_size=100_000)
    _, alive = psutil.wait_procs(set(psutil.Process().children(recursive=True)) - before, timeout=10)
    assert not alive


def test_workers_that_do_not_fit_are_refused(cluster: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker with another version ends the run at its start, with the versions of both sides."""
    be_newer(monkeypatch)
    with pytest.raises(ClusterError, match=r"pipeline-optimization is .* there and 99\.0 here"):
        count_anagrams("cat", orchestrator=cluster, orchestrator_options={"workers": 1})


def test_a_killed_run_goes_on(cluster: str, book: Path, tmp_path: Path) -> None:
    """SIGKILL for the driver in mid-run; the same command with another orchestrator goes on to exact counts."""
    whole = run_json(str(book), "--chunk-size", "2000")
    arguments = [str(book), "--chunk-size", "2000", "--checkpoint", str(tmp_path / "run.checkpoint"), "--resume"]
    command = [*ANAGRAM, "run", "--orchestrator", cluster, "-o", "workers=2", "--format", "json", *arguments]
    kill_in_mid_run(command, tmp_path / "run.checkpoint")
    report = run_json("--orchestrator", "multiprocess", "-o", "workers=2", *arguments)
    assert report["anagram_counts"] == whole["anagram_counts"]
    assert report["words"] == whole["words"]
    assert 0 < report["resumed_items"] < report["resumed_items"] + report["attempts"]
