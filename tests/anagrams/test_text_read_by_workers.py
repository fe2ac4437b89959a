"""How much is under way where workers read the text on other machines."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from attrs import frozen

from pipeline_optimization import Registry, count_anagrams
from pipeline_optimization.engine.virtual import VirtualOrchestrator
from pipeline_optimization.hookspecs import hookimpl
from pipeline_optimization.types import Attempt, Capabilities, Completion, Component, NoOptions, Orchestrator

CHUNK = 1 << 20
WORD = b"cat".ljust(63, b".") + b" "
FEW, MANY = 20, 50
"""Slots for fewer attempts than there are ranges, and for more chunks than may be carried."""


class Watched(VirtualOrchestrator):
    """Notes how many attempts, and how many bytes of payloads, are under way at most."""

    def __init__(self, capabilities: Capabilities, slots: int) -> None:
        super().__init__(slots)
        self.capabilities = capabilities
        self.payloads: dict[int, int] = {}
        self.attempts = self.held = 0

    def submit(self, attempt: Attempt) -> None:
        self.payloads[attempt.id] = len(attempt.payload)
        self.attempts = max(self.attempts, len(self.payloads))
        self.held = max(self.held, sum(self.payloads.values()))
        super().submit(attempt)

    def poll(self, timeout: float) -> Sequence[Completion]:
        completions = super().poll(timeout)
        for completion in completions:
            self.payloads.pop(completion.id, None)
        return completions


@frozen
class Plugin:
    """Registers an orchestrator as ``watched``."""

    orchestrator: Watched

    @hookimpl
    def anagram_register_orchestrators(self) -> list[Component[NoOptions, Orchestrator]]:
        return [
            Component(
                name="watched",
                summary="",
                factory=lambda options: self.orchestrator,
                options=NoOptions,
                capabilities=self.orchestrator.capabilities,
            )
        ]


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """Return a file of 100 chunks."""
    path = tmp_path / "book.txt"
    path.write_bytes(WORD * (100 * CHUNK // len(WORD)))
    return path


@pytest.fixture
def watch(book: Path) -> Callable[[Capabilities, int], Watched]:
    """Return what counts the file on an orchestrator of certain capabilities, and returns that."""

    def count(capabilities: Capabilities, slots: int) -> Watched:
        registry = Registry.load()
        orchestrator = Watched(capabilities, slots)
        registry.register(Plugin(orchestrator), "watched")
        report = count_anagrams(book, orchestrator="watched", registry=registry, chunk_size=CHUNK, kernel="python")
        assert report.anagram_counts["cat"] == 100 * CHUNK // len(WORD)
        assert report.bytes_read == 100 * CHUNK
        return orchestrator

    return count


def test_ranges_elsewhere_are_bounded_by_slots(watch: Callable[[Capabilities, int], Watched]) -> None:
    """Text that other machines read takes no memory here: every worker has its chunk, and one more waits."""
    assert watch(Capabilities(is_distributed=True), FEW).attempts == 2 * FEW


def test_ranges_here_are_bounded_by_memory(watch: Callable[[Capabilities, int], Watched]) -> None:
    """Where workers share this machine's memory, no more chunks are under way than it has processors, plus one."""
    assert watch(Capabilities(), MANY).attempts == max(8, (os.cpu_count() or 1) + 1)


@pytest.mark.slow
def test_text_that_is_carried_is_bounded_by_memory(watch: Callable[[Capabilities, int], Watched]) -> None:
    """Where workers cannot read the file, 64 MiB of it are under way, however many workers there are."""
    held = watch(Capabilities(is_distributed=True, shared_files=False), MANY).held
    assert 63 << 20 <= held <= 66 << 20
