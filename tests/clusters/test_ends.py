"""What is left of a cluster that was started for one run, when the run ends and when it is killed."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from cluster_drivers import kill_in_mid_run
from command import ANAGRAM, run_json
from pipeline_optimization import count_anagrams

pytestmark = pytest.mark.cluster


def test_no_process_is_left_behind(cluster: str, book: Path) -> None:
    """After a run all processes that it started are gone."""
    count_anagrams("cat", orchestrator=cluster, orchestrator_options={"workers": 1})
    before = set(psutil.Process().children(recursive=True))
    count_anagrams(book, orchestrator=cluster, orchestrator_options={"workers": 2}, chunk_size=100_000)
    _, alive = psutil.wait_procs(set(psutil.Process().children(recursive=True)) - before, timeout=10)
    assert not alive


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
