"""Workers die by the dozen, and every count is exact."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import user_pipeline
from pipeline_optimization import Registry, count_anagrams, run
from user_pipeline import Book
from worker_killer import Killer

pytestmark = [pytest.mark.cluster, pytest.mark.soak]

TEXT = "Stop! The silent cat's tea-pot, the post, the spot; 3 cats act, listen: stop.\n"
CHUNK = 200_000
EVERY = 8


def test_many_kills(cluster: str, tmp_path: Path, pytestconfig: pytest.Config) -> None:
    """As many SIGKILLs as ``--kills`` says, for workers in the middle of a run, change neither counts nor ledger."""
    kills = pytestconfig.getoption("--kills")
    assert isinstance(kills, int)
    book = tmp_path / "book.txt"
    book.write_text(TEXT * (2 * CHUNK // len(TEXT)), "utf-8")
    books = [book] * (2 * EVERY * kills)  # an item each: of one large file, ranges would be too few
    registry = Registry.load()
    killer = Killer(kills, every=EVERY)
    registry.register(killer, "killer")
    reference = count_anagrams(books, chunk_size=CHUNK, kernel="python")
    report = count_anagrams(
        books,
        orchestrator=cluster,
        orchestrator_options={"workers": 2},
        chunk_size=CHUNK,
        kernel="python",
        registry=registry,
    )
    print(f"{cluster}: {len(killer.killed)} kills of {len(set(killer.killed))} workers, {report.lost} attempts lost")
    assert len(killer.killed) == kills
    assert report.is_complete
    assert report.anagram_counts == reference.anagram_counts
    assert report.ledger_digest == reference.ledger_digest


def test_many_kills_under_a_pipeline(cluster: str, tmp_path: Path, pytestconfig: pytest.Config) -> None:
    """A third of ``--kills`` SIGKILLs change neither result nor ledger of a user's pipeline, nor who failed."""
    kills = pytestconfig.getoption("--kills") // 3
    options: dict[str, Any] = {"chunk_size": 5_000, "retry": "none"}
    book = Book.write(tmp_path / "entries.txt", 600 * EVERY * kills)  # some 300 lines a chunk
    registry = Registry.load()
    killer = Killer(kills, every=EVERY)
    registry.register(killer, "killer")
    report = run(
        user_pipeline.pipeline,
        book.path,
        orchestrator=cluster,
        orchestrator_options={"workers": 2},
        registry=registry,
        **options,
    )
    print(f"{cluster}: {len(killer.killed)} kills of {len(set(killer.killed))} workers, {report.lost} attempts lost")
    assert len(killer.killed) == kills
    reference = run(user_pipeline.pipeline, book.path, **options)
    assert (report.result, report.ledger_digest, report.failures) == (
        book.due,
        reference.ledger_digest,
        reference.failures,
    )
